import type { ServerCallPart, ServerResultPart, ServerTool } from '../../model/part.ts'
import type { PartIds } from './part-ids.ts'
import { type Message, memberOf, readMessage, readText, readWord } from './proto.ts'

const native = (part: Message, member: string): { native: { dialect: 'gemini'; value: unknown } } => ({
  native: { dialect: 'gemini', value: { [member]: part[member] } },
})

/** What the vendor ran, and what it printed. */
export function readCode(part: Message, ids: PartIds): ServerCallPart {
  const code = memberOf(part, 'executableCode')
  return {
    kind: 'server_call',
    id: readText(code.id) ?? ids.run(),
    tool: 'code',
    name: 'code_execution',
    arguments: JSON.stringify({
      code: readText(code.code) ?? '',
      language: readWord(code.language, 'language_') ?? 'python',
    }),
    ...native(part, 'executableCode'),
  }
}

export function readCodeResult(part: Message, ids: PartIds): ServerResultPart {
  const result = memberOf(part, 'codeExecutionResult')
  const outcome = readWord(result.outcome, 'outcome_')
  return {
    kind: 'server_result',
    id: readText(result.id) ?? ids.lastRun(),
    tool: 'code',
    name: 'code_execution',
    output: readText(result.output) ?? '',
    ...(outcome !== undefined && outcome !== 'ok' && { errorCode: outcome }),
    ...native(part, 'codeExecutionResult'),
  }
}

/** A trace of `includeServerSideToolInvocations`: what was asked of a tool, and what it found. */
export function readToolCall(part: Message, ids: PartIds): ServerCallPart {
  const call = memberOf(part, 'toolCall')
  return {
    kind: 'server_call',
    id: readText(call.id) ?? ids.run(),
    ...serverTool(call),
    arguments: JSON.stringify(readMessage(call.args) ?? {}),
    ...native(part, 'toolCall'),
  }
}

export function readToolResponse(part: Message, ids: PartIds): ServerResultPart {
  const response = memberOf(part, 'toolResponse')
  return {
    kind: 'server_result',
    id: readText(response.id) ?? ids.lastRun(),
    ...serverTool(response),
    ...native(part, 'toolResponse'),
  }
}

function serverTool(trace: Message): { tool: ServerTool; name: string } {
  const name = readWord(trace.toolType) ?? 'tool'
  return { tool: serverTools[name] ?? 'other', name }
}

const serverTools: Readonly<Record<string, ServerTool>> = {
  google_search_web: 'web_search',
  google_search_image: 'web_search',
  url_context: 'web_fetch',
  file_search: 'file_search',
}
