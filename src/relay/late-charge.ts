import { dialects } from '../dialects/index.ts'
import { billed, type Ending } from '../ledger/ending.ts'
import { priceAt, totalCost } from '../ledger/price/price.ts'
import { isSystemAccount } from '../ledger/system-accounts.ts'
import { nano } from '../model/money.ts'
import { totalInput, totalOutput } from '../model/usage.ts'
import type { RequestRow } from '../store/requests.ts'
import type { Answered } from './exchange.ts'
import { tokensIn } from './frame-meter.ts'
import type { Terms } from './late-terms.ts'
import type { Relay } from './relay.ts'
import { reach } from './reservation.ts'
import { tierServed } from './service-tier.ts'
import { vendorCost } from './vendor-cost.ts'

type Response = Readonly<Record<string, unknown>>

/**
 * Charges a Responses object whose vendor is done with it, or frees what was held where there will never be one: once,
 * however often and from wherever it is asked. When the reservation was swept meanwhile, because a process died, the
 * ledger writes what is missing beside it. Gives the row for the log; undefined when it is not safe yet.
 */
export async function chargeLate(
  relay: Relay,
  terms: Terms,
  response: Response | undefined,
): Promise<RequestRow | undefined> {
  const { ending, answered } = endOf(terms, response)
  const { source, spent, usage } = billed(ending)
  const provider = relay.providerOf(terms.provider)
  const tier = provider && tierServed({ provider }, terms.tier, answered)
  const price = priceAt(terms.charged, tier)
  const known = totalCost(usage, price, terms.multiplierPpm)
  const passed = terms.isStream && ending.how !== 'complete' ? await checkpointOf(relay, terms) : 0n
  const charge = known > passed ? known : passed
  const listed = terms.cost ? totalCost(spent, priceAt(terms.cost, tier)) : 0n
  const cost = (provider && vendorCost({ provider }, answered.billed)) ?? listed
  const written = await write(relay, terms, { charge, cost, source, price: price.id })
  if (!written) return undefined
  for (const subject of terms.subjects)
    relay.till.limiter.usedElsewhere(subject, {
      requests: 0,
      tokens: Math.max(0, totalInput(usage) + totalOutput(usage) - terms.input),
      running: 0,
    })
  const outcome = response === undefined || ending.how === 'nothing' ? 'failed' : 'answered'
  return {
    id: written.id,
    atMs: terms.startedAtMs,
    account: terms.account,
    keyId: terms.keyId,
    model: terms.model,
    channel: terms.channel,
    outcome,
    charged: written.charged,
    ...(typeof response?.id === 'string' && { answerId: response.id }),
    detail: {
      usage,
      source,
      reserved: String(terms.reserved),
      cost: String(cost),
      price: price.id,
      upstream: terms.upstream,
      ...(tier && { tier }),
      multiplierPpm: String(terms.multiplierPpm),
      isStream: terms.isStream,
      format: 'openai-responses',
      attempts: [...terms.attempts, { channel: terms.channel, outcome }],
      lost: [],
      durationMs: relay.clock() - terms.startedAtMs,
    },
  }
}

/** Whether it has all that it will ever have, and tells what that came to. */
export const isWhole = ({ status }: Response): boolean => status === 'completed' || status === 'incomplete'

/** What had passed by its last checkpoint, of a stream whose process died. */
const checkpointOf = async ({ till }: Relay, { requestId }: Terms): Promise<bigint> =>
  (await till.books.reservation(requestId))?.checkpoint ?? 0n

interface End {
  readonly ending: Ending
  readonly answered: Pick<Answered, 'tier' | 'billed'>
}

function endOf({ input, passed }: Terms, response: Response | undefined): End {
  const { forwarding } = dialects['openai-responses']
  const seen = response && forwarding.readReply(response)
  const size = response ? tokensIn(Buffer.from(JSON.stringify(response)), forwarding.texts.reply) : 0
  const counted = { input, output: Math.max(size, passed) }
  // Whoever calls an answer off pays for what was made of it until then.
  const isPaid = counted.output > 0 || (response?.status === 'cancelled' && seen?.usage !== undefined)
  return {
    ending: {
      how: response && isWhole(response) ? 'complete' : isPaid ? 'cut' : 'nothing',
      told: seen?.usage,
      counted,
    },
    answered: { ...(seen?.tier && { tier: seen.tier }), ...(seen?.billed !== undefined && { billed: seen.billed }) },
  }
}

interface Writing {
  readonly charge: bigint
  readonly cost: bigint
  readonly source: string
  readonly price: string
}

interface Written {
  /** Of the line that it makes in the log. */
  readonly id: string
  /** Nano-USD. */
  readonly charged: bigint
}

/** undefined: the ledger cannot take it at the moment. */
async function write(
  { log, till }: Relay,
  { channel, requestId: id, reserved }: Terms,
  { charge, cost, price, source }: Writing,
): Promise<Written | undefined> {
  // What is free holds nothing.
  if (reserved === 0n) return { id, charged: 0n }
  if (charge === 0n && cost === 0n) {
    const answer = await till.ledger.submit<'void'>({ do: 'void', id, reason: source })
    return answer.is === 'unavailable' ? undefined : { id, charged: 'charged' in answer ? answer.charged : 0n }
  }
  if (charge > reserved) await reach(till.ledger, { id, amount: nano(reserved) }, charge)
  const answer = await till.ledger.submit<'settle'>({
    do: 'settle',
    id,
    charge: nano(charge),
    costs: cost > 0n ? [{ vendor: channel, amount: nano(cost) }] : [],
    source,
    price,
  })
  if (answer.is === 'unavailable') return undefined
  if (answer.is === 'kept') return { id, charged: charge < reserved ? charge : reserved }
  const isOver = answer.is === 'already settled' || answer.is === 'already voided'
  // The sweeper's end of it is in the log under its own id.
  if (isOver && answer.source === 'sweep') return { id: `${id}/late`, charged: await writtenLate(till.books, id) }
  if (!('charged' in answer) && !isOver) log.error({ answer, requestId: id }, 'a late answer was not charged')
  return { id, charged: 'charged' in answer ? answer.charged : 0n }
}

/** What the ledger has written beside a reservation that was swept: below 0 when that was too much. */
async function writtenLate(books: Relay['till']['books'], id: string): Promise<bigint> {
  const transfer = (await books.operation(`adjust/${id}/late`)).find(({ leg }) => leg === 0)
  if (!transfer) return 0n
  return isSystemAccount(transfer.credit) ? transfer.amount : -transfer.amount
}
