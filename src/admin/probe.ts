import { setTimeout as wait } from 'node:timers/promises'
import { clientCodecs, dialects } from '../dialects/index.ts'
import { limiter } from '../ledger/limit/limiter.ts'
import { priceBook } from '../ledger/price/price-book.ts'
import { priceFromUsd } from '../ledger/price/usd-rates.ts'
import { defaultAccountId } from '../model/account.ts'
import { type Fault, fault } from '../model/fault.ts'
import type { Channel, KeyRow } from '../model/rows.ts'
import { converse } from '../relay/chat.ts'
import { memorySink } from '../relay/memory-sink.ts'
import { fetchModels } from '../relay/model-list.ts'
import type { Relay } from '../relay/relay.ts'
import { uncounted } from '../relay/visit.ts'

/** What one credential of a channel answered. */
export interface Probed {
  readonly kind: 'completion' | 'models'
  readonly durationMs: number
  readonly fault?: Fault
}

/** Long enough for a model that thinks, short enough for somebody who waits. */
const patienceMs = 60_000

/** Asks for the shortest answer of a model or, without one, for the list of models. Nobody is charged. */
export async function probe(relay: Relay, channel: Channel, model: string | undefined): Promise<Probed> {
  const startedAtMs = relay.clock()
  const refused =
    model === undefined
      ? await listing(relay, channel)
      : await Promise.race([
          completion(alone(relay, channel), model),
          late(wait(patienceMs, undefined, { ref: false })),
        ])
  return {
    kind: model === undefined ? 'models' : 'completion',
    durationMs: relay.clock() - startedAtMs,
    ...(refused && { fault: refused }),
  }
}

async function listing(relay: Relay, channel: Channel): Promise<Fault | undefined> {
  const listed = await fetchModels(relay, channel, channel.secrets[0] ?? '')
  return listed.ok ? undefined : listed.fault
}

const late = async (waited: Promise<void>): Promise<Fault> => {
  await waited
  return fault('timeout', 'The upstream did not answer in time.')
}

const route = { client: clientCodecs['openai-chat'], dialect: dialects['openai-chat'] }

async function completion(relay: Relay, model: string): Promise<Fault | undefined> {
  const body = { model, max_tokens: 16, messages: [{ role: 'user', content: 'Say OK.' }] }
  const asked = {
    key: nobody,
    pass: uncounted,
    incoming: { body, headers: {} },
    bytes: Buffer.from(JSON.stringify(body)),
  }
  return converse(relay, route, asked, memorySink(), `probe_${relay.newId()}`, relay.clock())
}

/** The relay as it is, with one channel, and a till that asks nothing and writes nothing down. */
const alone = (relay: Relay, channel: Channel): Relay => {
  const channels = [channel]
  const requestLog = { add() {}, flush: async () => {}, close: async () => {} }
  return {
    ...relay,
    snapshot: () => ({ ...relay.snapshot(), channels }),
    till: { ...relay.till, prices: () => freeOfCharge, requestLog, limiter: limiter(relay.clock) },
  }
}

const free = priceFromUsd('free', { free: true })
const freeOfCharge = priceBook([{ model: '*', price: free, fromMs: 0 }], free, () => true)

const nobody: KeyRow = {
  id: 'probe',
  name: 'probe',
  hash: '',
  hint: '',
  models: ['*'],
  aliases: [],
  source: 'api',
  createdAtMs: 0,
  account: defaultAccountId,
  scope: {},
}
