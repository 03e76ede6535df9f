import type { DialectId } from '../../../src/model/dialect.ts'
import { frames } from '../../../test/support/formats/format.ts'
import type { Answer } from '../folder.ts'
import type { Received } from '../received.ts'
import { readers } from '../views/index.ts'
import { failed, type View } from '../views/view.ts'

/** What the vendor says. */
export function seen({ format, told }: Answer): View {
  if (told.kind === 'refused') return failed(`status ${told.status}`)
  const reader = readers[format]
  return reading(() =>
    told.kind === 'whole'
      ? reader.whole(JSON.parse(told.bytes.toString()))
      : reader.stream(told.lines.map((line) => JSON.parse(line))),
  )
}

/** What the client sees. */
export function shown(client: DialectId, stream: boolean, { bytes, status }: Received): View {
  const text = bytes.toString()
  if (status !== 200) return failed(`${status} ${text}`)
  const reader = readers[client]
  return reading(() => (stream ? reader.stream(frames(text).map(({ data }) => data)) : reader.whole(JSON.parse(text))))
}

/** One line of the recordings is broken JSON on purpose: whoever reads it has no answer. */
function reading(read: () => View): View {
  try {
    return read()
  } catch (error) {
    if (error instanceof SyntaxError) return failed(String(error))
    throw error
  }
}
