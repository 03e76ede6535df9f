import type { Part } from '../../model/part.ts'
import type { Stop, StopReason } from '../../model/reply.ts'
import { recordOf } from './reading.ts'

const incompleteReasons: Record<string, StopReason> = {
  max_output_tokens: 'length',
  max_tokens: 'length',
  content_filter: 'filtered',
}

/** Why a response ended. Whether tools were called is seen from the parts: the status does not tell. */
export function readStop(response: Record<string, unknown>, told: Iterable<Part['kind']>): Stop {
  const kinds = new Set(told)
  const native = recordOf(response.incomplete_details).reason
  const cut = typeof native === 'string' ? incompleteReasons[native] : undefined
  const reason = cut ?? (kinds.has('tool_call') ? 'tool_calls' : kinds.has('refusal') ? 'refusal' : 'end')
  return { reason, ...(typeof native === 'string' && { native }) }
}

/** How a stop is told. Refusals and stop strings are `completed`: Codex takes `incomplete` for an error. */
export type Ending =
  | { readonly status: 'completed' }
  | { readonly status: 'incomplete'; readonly reason: 'max_output_tokens' | 'content_filter' }
  | { readonly status: 'failed' }

const completed: Ending = { status: 'completed' }
const cutShort: Ending = { status: 'incomplete', reason: 'max_output_tokens' }

const endings: Record<StopReason, Ending> = {
  end: completed,
  length: cutShort,
  context_window: cutShort,
  stop_sequence: completed,
  tool_calls: completed,
  pause: completed,
  refusal: completed,
  filtered: { status: 'incomplete', reason: 'content_filter' },
  malformed_call: { status: 'failed' },
  continuation: cutShort,
  compaction: completed,
}

export const endingOf = (stop: Stop): Ending => endings[stop.reason]
