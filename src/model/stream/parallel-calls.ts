import type { ToolCallPart } from '../part.ts'
import { isRecord } from '../record.ts'
import { toolInput } from '../tools/arguments.ts'

/** Whether a tool of this name, which nobody declared, is OpenAI models' inner wrapper around several calls. */
export const isParallel = (name: string): boolean => /^(?:multi_tool_use[._])?parallel$/.test(name)

/** The calls inside a wrapper, or the wrapper itself when it does not hold what it should. */
export function parallelCalls(wrapper: ToolCallPart, text: string): readonly ToolCallPart[] {
  const uses = toolInput(text).tool_uses
  const read = Array.isArray(uses) ? uses.map((use, at) => callOf(wrapper, use, at)) : []
  const calls = read.filter((call) => call !== undefined)
  return calls.length > 0 && calls.length === read.length ? calls : [{ ...wrapper, arguments: text }]
}

/** The first keeps the state that came with the whole; ids are told apart by their place. */
function callOf(wrapper: ToolCallPart, use: unknown, at: number): ToolCallPart | undefined {
  if (!isRecord(use) || typeof use.recipient_name !== 'string') return undefined
  const { seal, ...rest } = wrapper
  return {
    ...rest,
    id: `${wrapper.id}_${at + 1}`,
    name: use.recipient_name.replace(/^functions\./, ''),
    arguments: JSON.stringify(use.parameters ?? {}),
    ...(at === 0 && seal && { seal }),
  }
}
