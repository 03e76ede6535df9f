import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { type Fault, fault } from '../model/fault.ts'
import type { Recorded } from './recording-sink.ts'
import type { Sink } from './sink.ts'

/** On answers that were given before. */
export const replayedHeader = 'idempotent-replayed'

const notKept = fault(
  'conflict',
  'The request with this Idempotency-Key was answered and charged, but its answer is not there any more: it was larger than 8 MiB, its client left for too long, or this server was stopped in the middle of it.',
  { code: 'idempotency_answer_not_kept' },
)

const compress = promisify(gzip)
const inflate = promisify(gunzip)

/** How an answer is kept: text, because every store has text. */
type Packed =
  | {
      readonly is: 'whole' | 'broken'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      /** gzip, base64. */
      readonly body: string
    }
  | { readonly is: 'lost' }

/** Of what was answered and charged, and is not there any more. */
export const lost = JSON.stringify({ is: 'lost' } satisfies Packed)

/** An answer as it is kept. */
export async function pack(recorded: Recorded): Promise<string> {
  const packed: Packed =
    recorded.is === 'lost'
      ? recorded
      : {
          is: recorded.is,
          status: recorded.status,
          headers: lasting(recorded.headers),
          body: (await compress(recorded.bytes)).toString('base64'),
        }
  return JSON.stringify(packed)
}

/** Quotas are those of a moment. */
const lasting = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.includes('ratelimit')))

/** Gives an answer as it was given; a fault where it was too large, or too long in coming, to be kept. */
export async function replay(answer: string, sink: Sink): Promise<Fault | undefined> {
  // Only `pack` writes it.
  const packed = JSON.parse(answer) as Packed
  if (packed.is === 'lost') return notKept
  const body = await inflate(Buffer.from(packed.body, 'base64'))
  if (sink.isGone) return undefined
  sink.head(packed.status, { ...packed.headers, [replayedHeader]: 'true' })
  if (packed.is === 'whole') sink.end(body)
  else {
    sink.write(body)
    sink.breakOff()
  }
  return undefined
}
