import type { Exceeded } from '../ledger/limit/limiter.ts'
import { defaultRouting, type Routing } from '../model/routing.ts'
import type { Channel } from '../model/rows.ts'
import type { Candidate, TokenPrice } from './candidate.ts'
import type { Displaced } from './displaced.ts'
import type { Health } from './health.ts'
import { displacedFirst } from './policies/displaced.ts'
import { isWavering, policies } from './policies/index.ts'
import type { Circumstances, Policy } from './policies/policy.ts'
import { preferredFirst } from './policies/preferred.ts'
import { restedFirst } from './policies/rested.ts'
import { mostThroughputFirst } from './policies/throughput.ts'
import { byWeight } from './policies/weight.ts'
import { noPreferences, type Preferences, type Sort } from './preferences.ts'
import { type Question, serving } from './serving.ts'
import { excludedBy } from './suits.ts'

export interface Asked extends Question {
  /** Models that may stand in for it, the first first. */
  readonly standIns?: readonly string[]
  readonly health: Pick<Health, 'isResting' | 'restOf'>
  readonly displaced: Pick<Displaced, 'isAt'>
  readonly random: () => number
  /** Which conversation the request goes on with; asked only where there is a choice. */
  readonly conversation?: () => string | undefined
  readonly routing?: Routing
  readonly preferences?: Preferences
  /** Milliseconds until the first words, where it was measured. */
  readonly speedOf?: (candidate: Candidate) => number | undefined
  /** Tokens of the answer a second, where they were measured. */
  readonly rateOf?: (candidate: Candidate) => number | undefined
  /** What the client pays. */
  readonly priceOf?: (candidate: Candidate) => TokenPrice | undefined
  /** What is paid to the vendor, where it is known. */
  readonly costOf?: (candidate: Candidate) => TokenPrice | undefined
  /** Most candidates that are asked. */
  readonly attempts?: number
  /** Why a candidate has no place for one more request; absent: all have. */
  readonly fullness?: (candidate: Candidate) => Exceeded | undefined
}

export interface Planned {
  /** Who is asked, one after the other, best first; empty when nobody serves the model. */
  readonly candidates: readonly Candidate[]
  /** The conversation's own place: who would answer it if nobody rested. Undefined where places waver. */
  readonly home: Candidate | undefined
  readonly conversation: string | undefined
  /** Everybody who serves one of the models, in the order in which they would be asked. */
  readonly considered: readonly Candidate[]
  /** Those whom the client did not want. */
  readonly unwanted: readonly Candidate[]
  /** Those who were passed over because they are at a limit of theirs. It says nothing of how well they are. */
  readonly full: ReadonlyMap<Candidate, Exceeded>
}

/** Orders those who serve the model: where the request belongs, changed by what has happened of late. */
export function plan(channels: readonly Channel[], asked: Asked): Planned {
  const models = [asked.model, ...(asked.standIns ?? [])]
  const served = models.map((model) => serving(channels, { ...asked, model }))
  const preferences = asked.preferences ?? noPreferences
  const wanted = preferences === noPreferences ? served : served.map((some) => some.filter(isWanted(asked)))
  const all = wanted.flat()
  const unwanted = wanted === served ? [] : served.flat().filter((candidate) => !all.includes(candidate))
  const full = fullOf(all, asked)
  if (all.length < 2) {
    const candidates = full.size === 0 ? all : []
    return { candidates, home: all[0], conversation: undefined, considered: all, unwanted, full }
  }
  const conversation = asked.conversation?.()
  const circumstances = circumstancesOf(asked, conversation, preferences)
  const lasting = lastingPolicies(asked.routing ?? defaultRouting, preferences)
  const settled = wanted.map((some) => ordered(some, lasting, circumstances))
  const present = settled.map((some) => ordered(some, passing(preferences), circumstances))
  const isOwnPlaceSure = preferences.sort === undefined && !(asked.routing ?? defaultRouting).policies.some(isWavering)
  return {
    candidates: asking(
      full.size === 0 ? present : present.map((some) => some.filter((one) => !full.has(one))),
      asked,
      preferences,
    ),
    home: isOwnPlaceSure ? settled[0]?.[0] : undefined,
    conversation,
    considered: restedFirst(present.flat(), circumstances),
    unwanted,
    full,
  }
}

const nobody: ReadonlyMap<Candidate, Exceeded> = new Map()

function fullOf(candidates: readonly Candidate[], { fullness }: Asked): ReadonlyMap<Candidate, Exceeded> {
  if (!fullness) return nobody
  let full: Map<Candidate, Exceeded> | undefined
  for (const candidate of candidates) {
    const exceeded = fullness(candidate)
    if (exceeded) full = (full ?? new Map<Candidate, Exceeded>()).set(candidate, exceeded)
  }
  return full ?? nobody
}

const isWanted =
  ({ preferences = noPreferences, priceOf }: Asked) =>
  (candidate: Candidate): boolean =>
    excludedBy(candidate, preferences, priceOf) === undefined

function circumstancesOf(asked: Asked, conversation: string | undefined, { order }: Preferences): Circumstances {
  const { displaced, health, random, speedOf, rateOf, costOf } = asked
  const format = asked.format === 'openai-completions' ? undefined : asked.format
  return {
    format,
    conversation,
    order,
    displaced,
    health,
    random,
    speedOf: speedOf ?? unknown,
    rateOf: rateOf ?? unknown,
    costOf: costOf ?? unknown,
  }
}

const unknown = (): undefined => undefined

/** Where a request belongs when everybody is well: the last policy counts most. Chance draws among equals. */
function lastingPolicies({ policies: names }: Routing, { sort }: Preferences): readonly Named[] {
  const configured = names.toReversed().map((name): Named => [name, policies[name]])
  const wished: readonly Named[] = sort === undefined ? [] : [['provider.sort', sorting[sort]]]
  return [...(names.includes('weight') ? [] : ([['weight', byWeight]] as const)), ...configured, ...wished]
}

const sorting: Readonly<Record<Sort, Policy>> = {
  price: policies.cheapest,
  latency: policies.fastest,
  throughput: mostThroughputFirst,
}

/** What counts more: what has happened of late, and whom the client names. */
const passing = ({ order }: Preferences): readonly Named[] => [
  ['sticky', displacedFirst],
  ...(order.length === 0 ? [] : ([['provider.order', preferredFirst]] as const)),
  ['health', restedFirst],
]

/** A policy and what it is called in an explanation. */
type Named = readonly [name: string, policy: Policy]

const ordered = (
  candidates: readonly Candidate[],
  some: readonly Named[],
  circumstances: Circumstances,
): readonly Candidate[] =>
  some.reduce<readonly Candidate[]>((given, [, policy]) => policy(given, circumstances), candidates)

/** The policy that puts one candidate before another, by its name. */
export function deciding(before: Candidate, after: Candidate, asked: Asked): string {
  if (before.name !== after.name)
    return asked.health.isResting(before) === asked.health.isResting(after) ? 'models' : 'health'
  const preferences = asked.preferences ?? noPreferences
  const circumstances = circumstancesOf(asked, asked.conversation?.(), preferences)
  const all = [...lastingPolicies(asked.routing ?? defaultRouting, preferences), ...passing(preferences)]
  const found = all.findLast(
    ([name, policy]) =>
      name !== 'weight' &&
      policy([after, before], circumstances)[0] === before &&
      policy([before, after], circumstances)[0] === before,
  )
  return found?.[0] ?? 'weight'
}

/**
 * Who is well, and after them one of those who rest, best one whose secret is of use. Every model gets its turn: those
 * that are asked first leave room for the others.
 */
function asking(
  present: readonly (readonly Candidate[])[],
  asked: Asked,
  preferences: Preferences,
): readonly Candidate[] {
  const { health, attempts: most = Number.MAX_SAFE_INTEGER } = asked
  const isAlone = !preferences.allowFallbacks && preferences.order.length === 0
  let room = isAlone ? 1 : Math.max(most, present.length)
  const well = present.flatMap((some, at) => {
    const able = some.filter((candidate) => !health.isResting(candidate))
    const taken = able.slice(0, Math.max(1, room - (isAlone ? 0 : present.length - 1 - at)))
    room -= taken.length
    return room < 0 ? [] : taken
  })
  if (room < 1) return well
  const resting = present.flat().filter((candidate) => health.isResting(candidate))
  const last = resting.find((candidate) => health.restOf(candidate)?.state !== 'parked') ?? resting[0]
  return last ? [...well, last] : well
}
