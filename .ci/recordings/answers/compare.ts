import { isDeepStrictEqual } from 'node:util'
import type { DialectId } from '../../../src/model/dialect.ts'
import type { Difference } from '../report.ts'
import type { View } from '../views/view.ts'
import { stopFor } from './stops.ts'

const fields = [
  'text',
  'thinking',
  'calls',
  'stop',
  'usage',
  'citations',
  'found',
  'images',
] as const satisfies (keyof View)[]

/** What of the vendor's answer did not reach a client of `client`. */
export function compareAnswers(client: DialectId, sent: View, got: View): Difference[] {
  if (sent.error !== undefined || got.error !== undefined) {
    const isSame = sent.error !== undefined && got.error !== undefined
    return isSame ? [] : [{ field: 'error', expected: sent.error ?? 'an answer', got: got.error ?? got.text }]
  }
  const expected = comparable(sent)
  const shown = comparable(got)
  return fields.flatMap((field) => {
    const wanted = field === 'stop' ? stopFor(client, sent.stop) : expected[field]
    // What the vendor does not count, the gateway estimates.
    if (field === 'usage' && sent.usage === undefined) return []
    return isDeepStrictEqual(wanted, shown[field]) ? [] : [{ field, expected: wanted, got: shown[field] }]
  })
}

/** A refusal is a text of its own in some formats; thoughts are cut into blocks at other places. */
const comparable = (view: View): View => ({
  ...view,
  text: view.text + view.refusal,
  thinking: view.thinking.replaceAll(/\s+/g, ''),
})
