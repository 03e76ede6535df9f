import type { Stop, StopReason } from '../../model/reply.ts'
import { isRecord } from '../../wire/json.ts'

const reasons: Readonly<Record<string, StopReason>> = {
  end_turn: 'end',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  stop_sequence: 'stop_sequence',
  guardrail_intervened: 'filtered',
  content_filtered: 'filtered',
  malformed_model_output: 'malformed_call',
  malformed_tool_use: 'malformed_call',
  model_context_window_exceeded: 'context_window',
}

/** Why it stopped. Whether tools are to be run is told by the content. */
export function readStop(answer: Readonly<Record<string, unknown>>, hasCall: boolean): Stop {
  const native = typeof answer.stopReason === 'string' ? answer.stopReason : undefined
  const sequence = metSequence(answer.additionalModelResponseFields)
  return {
    reason: settled(reasons[native ?? ''] ?? 'end', hasCall),
    ...(sequence !== undefined && { sequence }),
    ...(native !== undefined && { native }),
  }
}

function settled(reason: StopReason, hasCall: boolean): StopReason {
  if (reason === 'tool_calls' && !hasCall) return 'end'
  return hasCall && (reason === 'end' || reason === 'stop_sequence') ? 'tool_calls' : reason
}

/** The model's own field, where the request asked for it: on the answer, in streams below `delta`. */
function metSequence(fields: unknown): string | undefined {
  if (!isRecord(fields)) return undefined
  const delta = isRecord(fields.delta) ? fields.delta : {}
  return [fields.stop_sequence, delta.stop_sequence].find((value) => typeof value === 'string')
}
