import { ok, type Result } from '../model/fault.ts'
import { conversationOf } from './conversation.ts'
import type { Exchange } from './exchange.ts'
import { type Chain, chainOf } from './fallback.ts'
import { mentioned } from './mentions.ts'
import { type Asked, type Planned, plan } from './plan.ts'
import { channelsFor } from './reach.ts'
import { type Seats, seats } from './seats.ts'
import { tokenPrices } from './token-price.ts'

/** What is to be known of a request to find out who answers it. */
export type Routable = Pick<Exchange, 'relay' | 'key' | 'client' | 'incoming' | 'bytes' | 'model' | 'preferences'>

/** Who answers, the models that stand in, and what was asked to find out. */
export interface Routed extends Planned {
  readonly chain: Chain
  readonly asked: Asked
  readonly seats: Seats
}

/** Plans a request: who may answer it, in which order. Refused when its key may not use a model that it names. */
export function routed(request: Routable): Result<Routed> {
  const { client, incoming, key, model, preferences, relay } = request
  const snapshot = relay.snapshot()
  const mention = mentioned(key, incoming.body)
  if (!mention.ok) return mention
  const chain = chainOf(key, model, preferences.models, snapshot.routing.fallbacks)
  if (!chain.ok) return chain
  const { tools } = incoming.body
  const group = snapshot.groups.get(snapshot.accounts.get(key.account)?.group ?? '')
  const form = isStreamed(request) ? 'stream' : 'whole'
  const places = seats(request)
  const asked: Asked = {
    model,
    standIns: chain.value.links.map((link) => link.model),
    format: client.format,
    hasTools: Array.isArray(tools) && tools.length > 0,
    providerOf: relay.providerOf,
    health: relay.health,
    displaced: relay.displaced,
    random: relay.random,
    conversation: () => conversationOf(incoming, key.id),
    routing: snapshot.routing,
    preferences,
    attempts: relay.limits.attempts,
    fullness: (candidate) => places.fullness(candidate),
    speedOf: (candidate) => relay.speed.of(candidate, form),
    rateOf: (candidate) => relay.speed.rateOf(candidate, form),
    ...tokenPrices(relay, group?.multiplierPpm ?? 1_000_000n),
  }
  return ok({ ...plan(channelsFor(snapshot, key), asked), chain: chain.value, asked, seats: places })
}

const isStreamed = ({ incoming }: Routable): boolean =>
  incoming.path ? incoming.path.stream !== false : incoming.body.stream === true
