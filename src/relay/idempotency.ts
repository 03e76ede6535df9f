import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { type Fault, fault } from '../model/fault.ts'
import type { AskedOnce, Claim } from '../store/idempotency.ts'
import { type Recorded, RecordingSink } from './recording-sink.ts'
import type { Relay } from './relay.ts'
import type { Sink } from './sink.ts'
import { storeAway } from './store-away.ts'

export const idempotencyHeader = 'idempotency-key'
/** On answers that were given before. */
export const replayedHeader = 'idempotent-replayed'

const keptMs = 24 * 3_600_000
/** A process that dies leaves its requests to the next attempt after this. */
const leaseMs = 60_000
const renewEveryMs = 20_000
const recording = { mostBytes: 8 * 2 ** 20, patienceMs: 10 * 60_000 } as const

/** One request of a client that names its requests. */
export interface Named {
  readonly keyId: string
  readonly requestId: string
  readonly name: string
  readonly method: string
  readonly url: string
  readonly bytes: Uint8Array
}

/**
 * Answers a request once, however often it is sent within a day: later ones get the same bytes and cost nothing. What
 * was refused, and so cost nothing, may be asked again.
 */
export async function onlyOnce(
  relay: Relay,
  named: Named,
  sink: Sink,
  answer: (sink: Sink) => Promise<Fault | undefined>,
): Promise<Fault | undefined> {
  if (!/^[\x20-\x7e]{1,255}$/.test(named.name)) return misnamed
  const { keyId: tenant, name, requestId } = named
  const asked: AskedOnce = { tenant, name, requestId, asked: hashOf(named) }
  const claim = await claimed(relay, asked)
  if (!claim) return outOfOrder
  if (claim.is === 'ours') return answered(relay, asked, sink, answer)
  return claim.is === 'answered' ? replay(claim.answer, sink) : refusalOf(claim, relay.clock())
}

/** undefined: the store does not answer. Without it nobody can promise that a request is charged once. */
async function claimed({ clock, log, store }: Relay, asked: AskedOnce): Promise<Claim | undefined> {
  try {
    return await store.idempotency.claim(asked, { nowMs: clock(), leaseMs, keptMs })
  } catch (error) {
    log.error({ err: error }, 'an idempotency key was not looked up')
    return undefined
  }
}

async function answered(
  { clock, log, store }: Relay,
  asked: AskedOnce,
  sink: Sink,
  answer: (sink: Sink) => Promise<Fault | undefined>,
): Promise<Fault | undefined> {
  const { idempotency } = store
  const trouble = (error: unknown): void => log.error({ err: error }, 'an idempotency key was not written')
  const renewal = setInterval(
    () => idempotency.renew(asked, { nowMs: clock(), leaseMs }).catch(trouble),
    renewEveryMs,
  ).unref()
  const recorder = new RecordingSink(sink, recording)
  let recorded: Recorded | undefined
  try {
    const refused = await answer(recorder)
    // Without a head nothing of an answer was paid for.
    if (!refused && recorder.hasHead) recorded = await recorder.recorded
    return refused
  } finally {
    clearInterval(renewal)
    const written = recorded ? idempotency.keep(asked, await pack(recorded)) : idempotency.release(asked)
    await written.catch(trouble)
  }
}

/** Whoever puts a secret into the address of a request changes nothing of what it asks. */
function hashOf({ bytes, method, url }: Named): string {
  const { pathname, searchParams } = new URL(url, 'http://local')
  searchParams.delete('key')
  return createHash('sha256').update(`${method}\0${pathname}?${searchParams}\0`).update(bytes).digest('hex')
}

const misnamed = fault('invalid', 'The header Idempotency-Key must be 1 to 255 printable ASCII characters.', {
  code: 'invalid_idempotency_key',
})

const outOfOrder = storeAway('The Idempotency-Key cannot be looked up at the moment. Nothing was sent or charged.')

const different = fault(
  'conflict',
  'This Idempotency-Key was used for another request within the last 24 hours. Use a new one.',
  { code: 'idempotency_conflict' },
)

const notKept = fault(
  'conflict',
  'The request with this Idempotency-Key was answered and charged, but its answer is not there any more: it was larger than 8 MiB or its client left for too long.',
  { code: 'idempotency_answer_not_kept' },
)

const refusalOf = (claim: Exclude<Claim, { is: 'ours' | 'answered' }>, nowMs: number): Fault =>
  claim.is === 'different'
    ? different
    : fault('conflict', 'The request with this Idempotency-Key is still being answered.', {
        code: 'idempotency_in_progress',
        retryAfterMs: Math.min(2_000, Math.max(1_000, claim.leaseUntilMs - nowMs)),
      })

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

async function pack(recorded: Recorded): Promise<string> {
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

async function replay(answer: string, sink: Sink): Promise<Fault | undefined> {
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
