import type { Stop, StopReason } from '../../model/reply.ts'
import { isRecord } from '../../wire/json.ts'
import type { WireStop } from './shapes.ts'

const reasonsRead: Readonly<Record<string, StopReason>> = {
  end_turn: 'end',
  max_tokens: 'length',
  stop_sequence: 'stop_sequence',
  tool_use: 'tool_calls',
  pause_turn: 'pause',
  refusal: 'refusal',
  model_context_window_exceeded: 'context_window',
  compaction: 'compaction',
}

/**
 * Why it stopped, from a message or a `message_delta.delta`. Whether tools are to be run is told by the content:
 * compatible servers say `end_turn` beside a call. An answer cut short stays cut short.
 */
export function readStop(fields: Readonly<Record<string, unknown>>, hasCall: boolean): Stop {
  const native = typeof fields.stop_reason === 'string' ? fields.stop_reason : undefined
  const details = isRecord(fields.stop_details) ? fields.stop_details : {}
  return {
    reason: settled(reasonsRead[native ?? ''] ?? 'end', hasCall),
    ...(typeof fields.stop_sequence === 'string' && { sequence: fields.stop_sequence }),
    ...(typeof details.category === 'string' && { category: details.category }),
    ...(typeof details.explanation === 'string' && { explanation: details.explanation }),
    ...(native !== undefined && { native }),
  }
}

/** `tool_calls` exactly when there is a call, but for reasons that say more. */
function settled(reason: StopReason, hasCall: boolean): StopReason {
  if (reason === 'tool_calls' && !hasCall) return 'end'
  return hasCall && (reason === 'end' || reason === 'stop_sequence') ? 'tool_calls' : reason
}

const reasonsWritten: Record<StopReason, string> = {
  end: 'end_turn',
  length: 'max_tokens',
  context_window: 'model_context_window_exceeded',
  stop_sequence: 'stop_sequence',
  tool_calls: 'tool_use',
  pause: 'pause_turn',
  refusal: 'refusal',
  filtered: 'refusal',
  malformed_call: 'end_turn',
  continuation: 'max_tokens',
  compaction: 'compaction',
}

/** The three stop fields. Clients run tools only after `tool_use`, so it is derived from what was written. */
export function writeStop(stop: Stop, hasCall: boolean): WireStop {
  const reason = settled(stop.reason, hasCall)
  return {
    stop_reason: reasonsWritten[reason],
    stop_sequence: reason === 'stop_sequence' ? (stop.sequence ?? null) : null,
    stop_details:
      reason === 'refusal'
        ? { type: 'refusal', category: stop.category ?? null, explanation: stop.explanation ?? null }
        : null,
  }
}
