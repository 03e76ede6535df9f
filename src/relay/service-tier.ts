import type { Tier } from '../model/request.ts'
import type { BodyShape } from '../model/shaping.ts'
import { honoursTier } from '../providers/tiers.ts'
import { isRecord } from '../wire/json.ts'
import type { Candidate } from './candidate.ts'
import type { Answered } from './exchange.ts'

type Body = Readonly<Record<string, unknown>>

/** The service tier that a request asks for, in the words of any format; undefined where it names none. */
export function tierAsked(body: Body, shape?: BodyShape): Tier | undefined {
  if (shape) return wordsIn(shaped(body, shape))
  return 'service_tier' in body || 'serviceTier' in body || 'speed' in body ? wordsIn(body) : undefined
}

const fields = ['service_tier', 'serviceTier', 'speed'] as const

/** The three fields as the channel leaves them. */
const shaped = (body: Body, { remove = [], set = {} }: BodyShape): Body =>
  Object.fromEntries(fields.map((field) => [field, set[field] ?? (remove.includes(field) ? undefined : body[field])]))

function wordsIn({ service_tier, serviceTier, speed }: Body): Tier | undefined {
  if (speed === 'fast') return 'fast'
  const said = service_tier ?? (isRecord(serviceTier) ? serviceTier.type : serviceTier)
  return typeof said === 'string' ? words.get(said.toLowerCase().replace(/^service_tier_/, '')) : undefined
}

const words: ReadonlyMap<string, Tier> = new Map([
  ...(['auto', 'flex', 'priority', 'fast', 'ultrafast', 'scale', 'batch'] as const).map(
    (tier) => [tier, tier] as const,
  ),
  ...(['default', 'standard', 'standard_only', 'on_demand'] as const).map((word) => [word, 'standard'] as const),
])

const hastened: readonly Tier[] = ['priority', 'fast']

/** Which tiers may answer beside the standard one: vendors and formats say priority and fast for each other. */
const mayServe: Readonly<Record<Tier, readonly Tier[]>> = {
  standard: [],
  auto: [...hastened, 'scale'],
  flex: ['flex'],
  batch: ['batch'],
  scale: ['scale'],
  priority: hastened,
  fast: hastened,
  ultrafast: [...hastened, 'ultrafast'],
}

const none: readonly Tier[] = []

/**
 * Who names no tier gets the standard one, unless the operator has agreed on another with the vendor. That is not set aside
 * for every request: the reservation follows when it comes to it.
 */
export const tiersThatMayServe = (asked: Tier | undefined): readonly Tier[] =>
  asked === undefined ? none : mayServe[asked]

/**
 * The tier that an answer is charged at: the one that its vendor says has served. Where it says none, the one that was asked
 * for only where it is documented to be served or refused; else the standard one.
 */
export function tierServed(
  { provider }: Pick<Candidate, 'provider'>,
  asked: Tier | undefined,
  answered: Pick<Answered, 'tier'> | undefined,
): Tier | undefined {
  const told = answered?.tier
  if (told !== undefined && told !== 'auto') return told
  return asked !== undefined && honoursTier(provider, asked) ? asked : undefined
}
