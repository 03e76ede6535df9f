import type { Stop, StopReason } from '../../model/reply.ts'

/** What is known of a candidate when it has ended. */
export interface Ended {
  /** Its `finishReason`. */
  readonly word: string
  /** Its `finishMessage`. */
  readonly message?: string | undefined
  readonly hasCalls: boolean
  readonly hasContent: boolean
}

/** There is no finish reason for tool calls: a call is `STOP` and a `functionCall` part. */
export function readStop({ word, message, hasCalls, hasContent }: Ended): Stop {
  const possible = reasonsOf(word)
  const natural = hasCalls ? 'tool_calls' : hasContent || word === 'STOP' ? 'end' : 'filtered'
  const reason = possible.find((one) => one === natural) ?? possible[0] ?? natural
  // Vertex comments on every call ("Model generated function call(s)."); only a failure needs explaining.
  const explains = message !== undefined && (reason === 'filtered' || reason === 'malformed_call')
  return { reason, ...(explains && { explanation: message }), native: word }
}

/** The finish reason for a Gemini client: the vendor's own word where it still says how the reply ended. */
export const writeFinish = ({ native, reason }: Stop): string =>
  native !== undefined && reasonsOf(native).includes(reason) ? native : words[reason]

const reasonsOf = (word: string): readonly StopReason[] => reasons.get(word) ?? []

const byContent = ['end', 'tool_calls', 'filtered'] as const

/**
 * What each word can mean; several meanings are told apart by the content. `MODEL_ARMOR` and `JAILBREAK` stand in
 * `blockReason` too, which says why a prompt was not answered at all.
 * @see https://ai.google.dev/api/generate-content#FinishReason
 */
const reasons: ReadonlyMap<string, readonly StopReason[]> = new Map<string, readonly StopReason[]>([
  ['STOP', ['end', 'tool_calls']],
  ['MAX_TOKENS', ['length']],
  ['CONTINUATION', ['continuation']],
  ['NO_IMAGE', byContent],
  ['OTHER', byContent],
  ['SAFETY', ['filtered', 'refusal']],
  ['RECITATION', ['filtered']],
  ['LANGUAGE', ['filtered']],
  ['BLOCKLIST', ['filtered']],
  ['PROHIBITED_CONTENT', ['filtered']],
  ['SPII', ['filtered']],
  ['MODEL_ARMOR', ['filtered']],
  ['IMAGE_SAFETY', ['filtered']],
  ['IMAGE_PROHIBITED_CONTENT', ['filtered']],
  ['IMAGE_RECITATION', ['filtered']],
  ['IMAGE_OTHER', ['filtered']],
  ['MALFORMED_FUNCTION_CALL', ['malformed_call']],
  ['UNEXPECTED_TOOL_CALL', ['malformed_call']],
  ['TOO_MANY_TOOL_CALLS', ['malformed_call']],
  ['MALFORMED_RESPONSE', ['malformed_call']],
])

const words: Record<StopReason, string> = {
  end: 'STOP',
  stop_sequence: 'STOP',
  tool_calls: 'STOP',
  pause: 'STOP',
  compaction: 'STOP',
  length: 'MAX_TOKENS',
  context_window: 'MAX_TOKENS',
  refusal: 'SAFETY',
  filtered: 'SAFETY',
  malformed_call: 'MALFORMED_FUNCTION_CALL',
  continuation: 'CONTINUATION',
}
