import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import type { IncomingRequest } from '../dialects/dialect.ts'
import { type Fault, fault } from '../model/fault.ts'
import type { AskedOnce, Claim } from '../store/idempotency.ts'
import { lost, pack, replay } from './kept-answer.ts'
import { type Recorded, RecordingSink } from './recording-sink.ts'
import type { Relay } from './relay.ts'
import type { Sink } from './sink.ts'
import { storeAway } from './store-away.ts'

const idempotencyHeader = 'idempotency-key'

const keptMs = 24 * 3_600_000
/** A process that dies leaves its requests to the next attempt after this. */
const leaseMs = 60_000
const renewEveryMs = 20_000
/** An answer is kept just after its last byte has gone out: who asks again at once waits for that. */
const wait = { ms: 50, times: 20 } as const
const recording = { mostBytes: 8 * 2 ** 20, patienceMs: 10 * 60_000 } as const

/** One request of a client that names its requests. */
interface Named {
  readonly keyId: string
  readonly requestId: string
  readonly name: string
  readonly method: string
  readonly url: string
  readonly bytes: Uint8Array
}

/** A request as it came. */
export interface Came {
  readonly keyId: string
  readonly requestId: string
  readonly request: Pick<IncomingMessage, 'method' | 'url'>
  readonly incoming: Pick<IncomingRequest, 'headers'>
  readonly bytes: Uint8Array
}

/** Answers a request: once, when its client names it. */
export function answerNamed(
  relay: Relay,
  { bytes, incoming, keyId, request, requestId }: Came,
  sink: Sink,
  answer: (sink: Sink) => Promise<Fault | undefined>,
): Promise<Fault | undefined> {
  const name = incoming.headers[idempotencyHeader]
  if (name === undefined) return answer(sink)
  const { method = '', url = '' } = request
  return onlyOnce(relay, { keyId, requestId, name, method, url, bytes }, sink, answer)
}

/**
 * Answers a request once, however often it is sent within a day: later ones get the same bytes and cost nothing. What
 * was refused, and so cost nothing, may be asked again.
 */
async function onlyOnce(
  relay: Relay,
  named: Named,
  sink: Sink,
  answer: (sink: Sink) => Promise<Fault | undefined>,
): Promise<Fault | undefined> {
  if (!/^[\x20-\x7e]{1,255}$/.test(named.name)) return misnamed
  const { keyId: tenant, name, requestId } = named
  const asked: AskedOnce = { tenant, name, requestId, asked: hashOf(named) }
  const claim = await claimed(relay, asked, sink)
  if (!claim) return outOfOrder
  if (claim.is === 'ours') return answered(relay, asked, sink, answer)
  return claim.is === 'answered' ? replay(claim.answer, sink) : refusalOf(claim, relay.clock())
}

type Settled = Exclude<Claim, { is: 'abandoned' }>

/** undefined: the store does not answer. Without it nobody can promise that a request is charged once. */
async function claimed(relay: Relay, asked: AskedOnce, sink: Sink): Promise<Settled | undefined> {
  try {
    let claim = await claimedNow(relay, asked)
    for (let times = 0; claim.is === 'under way' && times < wait.times && !sink.isGone; times++) {
      await setTimeout(wait.ms)
      claim = await claimedNow(relay, asked)
    }
    return claim
  } catch (error) {
    relay.log.error({ err: error }, 'an idempotency key was not looked up')
    return undefined
  }
}

async function claimedNow(relay: Relay, asked: AskedOnce): Promise<Settled> {
  const { idempotency } = relay.store
  const nowMs = relay.clock()
  const claim = await idempotency.claim(asked, { nowMs, leaseMs, keptMs })
  if (claim.is !== 'abandoned') return claim
  const left = await Promise.all(namesInLedger(claim.requestId).map((id) => relay.till.books.reservation(id)))
  // Nobody has judged yet what it came to.
  const isOpen = left.some((reservation) => reservation?.state === 'open')
  if (isOpen || !(await idempotency.takeOver(asked, claim.requestId, { nowMs, leaseMs, keptMs })))
    return { is: 'under way', leaseUntilMs: nowMs }
  if (!left.some((reservation) => reservation?.state === 'settled' && reservation.charged > 0n)) return { is: 'ours' }
  await idempotency.keep(asked, lost)
  return { is: 'answered', answer: lost }
}

/** Where a vendor does not compact, the summary in its place is a request of its own to the ledger. */
const namesInLedger = (requestId: string): readonly string[] => [requestId, summaryId(requestId)]
export const summaryId = (requestId: string): string => `${requestId}/summary`

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

const refusalOf = (claim: Exclude<Settled, { is: 'ours' | 'answered' }>, nowMs: number): Fault =>
  claim.is === 'different'
    ? different
    : fault('conflict', 'The request with this Idempotency-Key is still being answered.', {
        code: 'idempotency_in_progress',
        retryAfterMs: Math.min(2_000, Math.max(1_000, claim.leaseUntilMs - nowMs)),
      })
