import type { DialectId } from '../../../src/model/dialect.ts'
import type { Json } from '../../../test/support/formats/format.ts'
import type { Answer } from '../folder.ts'
import type { Received } from '../received.ts'
import type { Difference } from '../report.ts'
import type { View } from '../views/view.ts'

/** A vendor's error must reach the client as one, with the vendor's status, in the client's own format and never raw. */
export function judgeError(
  { told }: Answer,
  client: DialectId,
  { bytes, status }: Received,
  got: View,
): readonly Difference[] {
  if (got.error === undefined) return [{ field: 'error', expected: 'an error', got }]
  const text = bytes.toString()
  const isRaw = told.kind === 'refused' && JSON.stringify(told.body) === text
  return [
    ...(isRaw ? [{ field: 'error', expected: 'words of our own', got: text }] : []),
    ...(told.kind === 'refused' && told.status !== status
      ? [{ field: 'status', expected: told.status, got: status }]
      : []),
    ...(status === 200 || hasEnvelope(client, JSON.parse(text))
      ? []
      : [{ field: 'envelope', expected: client, got: text }]),
  ]
}

const hasEnvelope = (client: DialectId, { error, type }: Json): boolean =>
  typeof error?.message === 'string' && envelopes[client](error, type)

const envelopes: Record<DialectId, (error: Json, type: unknown) => boolean> = {
  'anthropic-messages': (error, type) => type === 'error' && typeof error.type === 'string',
  'openai-chat': (error) => typeof error.type === 'string',
  'openai-responses': (error) => typeof error.type === 'string',
  gemini: (error) => typeof error.status === 'string' && typeof error.code === 'number',
}
