import type { DialectId } from '../../../src/model/dialect.ts'
import type { StopWord } from '../views/view.ts'

/** Reasons that a client's format has no word for, and what it says instead (protocol reference, stop reasons). */
const spoken: Record<DialectId, Partial<Record<StopWord, StopWord>>> = {
  'anthropic-messages': { filtered: 'refusal' },
  'openai-chat': { stop_sequence: 'end', pause: 'end', refusal: 'filtered', compaction: 'end' },
  'openai-responses': { stop_sequence: 'end', pause: 'end', compaction: 'end' },
  gemini: { stop_sequence: 'end', pause: 'end', refusal: 'filtered', compaction: 'end' },
}

export const stopFor = (client: DialectId, stop: StopWord): StopWord => spoken[client][stop] ?? stop
