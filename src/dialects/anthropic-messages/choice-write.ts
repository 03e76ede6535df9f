import type { Capabilities } from '../../model/capability.ts'
import type { ChatRequest, ToolName } from '../../model/request.ts'
import { forcedTool } from '../../model/tools/choice.ts'
import type { ToolNames } from '../../model/tools/name.ts'
import type { Concessions } from '../concessions.ts'
import type { WireToolChoice } from './shapes.ts'

export interface WrittenChoice {
  readonly choice?: WireToolChoice
  /** What the model is told in words because it refuses to be forced. */
  readonly hint?: string
}

/** `tool_choice` for a request that has tools. Models that cannot be forced are asked in words. */
export function writeChoice(
  { toolChoice, parallel }: Pick<ChatRequest, 'toolChoice' | 'parallel'>,
  { names, capabilities, given }: { names: ToolNames; capabilities: Capabilities; given: Concessions },
): WrittenChoice {
  const single = parallel === false ? { disable_parallel_tool_use: true as const } : {}
  const auto = { type: 'auto' as const, ...single }
  if (toolChoice?.mode === 'none') return { choice: { type: 'none' } }
  if (toolChoice?.mode === 'required') {
    const forced = forcedTool(toolChoice)
    if (!capabilities.forcedTools) {
      given.change('tool_choice')
      return { choice: auto, hint: hintOf(forced, names) }
    }
    return { choice: forced ? { type: 'tool', name: names.wire(forced), ...single } : { type: 'any', ...single } }
  }
  return toolChoice || parallel === false ? { choice: auto } : {}
}

const hintOf = (forced: ToolName | undefined, names: ToolNames): string =>
  forced ? `Call the tool ${names.wire(forced)} now.` : 'Call one of the tools now.'

/** Whether a choice leaves the model no way but to call. */
export const forces = (choice: WireToolChoice | undefined): boolean => choice?.type === 'any' || choice?.type === 'tool'
