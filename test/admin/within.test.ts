import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { beyond, everything, type Reach, within } from '../../src/admin/within.ts'
import { type RouteScope, routeScopes } from '../../src/model/account.ts'
import { isWithin } from '../../src/relay/address.ts'
import { matchesGlob } from '../../src/relay/glob.ts'

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const pattern = fc
  .array(fc.constantFrom('a', 'b', '-', '*'), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(''))
const range = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), fc.constantFrom(8, 16, 24, 32))
    .map(([second, fourth, bits]) => `10.${second}.0.${fourth}/${bits}`),
  fc
    .tuple(fc.integer({ min: 0, max: 2 }), fc.constantFrom(32, 48, 64, 128))
    .map(([group, bits]) => `2001:db8:${group}::/${bits}`),
  fc.constantFrom('10.0.0.1', '10.1.0.3', '2001:db8::1'),
)
const amount = fc.integer({ min: 0, max: 4 })

const reach: fc.Arbitrary<Reach> = fc
  .record({
    models: fc.array(pattern, { maxLength: 3 }),
    routes: maybe(fc.subarray<RouteScope>([...routeScopes], { minLength: 1 })),
    addresses: maybe(fc.array(range, { minLength: 1, maxLength: 3 })),
    expiresAtMs: maybe(amount),
    total: maybe(amount),
    daily: maybe(amount),
    requestsPerMinute: maybe(amount),
    concurrency: maybe(amount),
    ofModels: maybe(fc.dictionary(pattern, fc.record({ requestsPerMinute: amount }), { maxKeys: 2 })),
  })
  .map(({ models, routes, addresses, expiresAtMs, total, daily, requestsPerMinute, concurrency, ofModels }) => ({
    models,
    ...(routes && { routes }),
    ...(addresses && { addresses }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    budget: {
      ...(total !== undefined && { total: BigInt(total) }),
      ...(daily !== undefined && { daily: BigInt(daily) }),
    },
    limits: {
      ...(requestsPerMinute !== undefined && { requestsPerMinute }),
      ...(concurrency !== undefined && { concurrency }),
      ...(ofModels && { models: ofModels }),
    },
  }))

/** Most of it from the maker, so that it is often granted. */
const pair = fc
  .tuple(reach, reach, fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 6 }))
  .map(([maker, other, dice]): [Reach, Reach] => {
    const own = (at: number): boolean => (dice[at] ?? 0) > 1
    const wanted = {
      models: own(0) ? maker.models.map((pattern) => pattern.replace('*', 'a*b')) : other.models,
      routes: own(1) ? maker.routes : other.routes,
      addresses: own(2) ? maker.addresses : other.addresses,
      expiresAtMs: own(3) ? maker.expiresAtMs : other.expiresAtMs,
      budget: own(4) ? maker.budget : other.budget,
      limits: own(5) ? maker.limits : other.limits,
    }
    const said = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined))
    return [maker, { ...said, models: wanted.models }]
  })

/** What somebody does with a key. */
interface Use {
  readonly model: string
  readonly route: RouteScope
  readonly address: string
  readonly atMs: number
  readonly spent: bigint
  readonly inOneMinute: number
}

const use: fc.Arbitrary<Use> = fc.record({
  model: fc.array(fc.constantFrom('a', 'b', '-'), { maxLength: 6 }).map((letters) => letters.join('')),
  route: fc.constantFrom(...routeScopes),
  address: fc.constantFrom('10.0.0.1', '10.1.0.3', '10.3.0.9', '2001:db8::1', '2001:db8:2::7', '192.0.2.1'),
  atMs: amount,
  spent: amount.map(BigInt),
  inOneMinute: amount,
})

/** Whether a key of this reach lets it be done: said once more, without the function that is judged. */
const allows = (reach: Reach, use: Use): boolean =>
  reach.models.some((pattern) => matchesGlob(pattern, use.model)) &&
  (reach.routes?.includes(use.route) ?? true) &&
  (reach.addresses === undefined || isWithin(use.address, reach.addresses)) &&
  (reach.expiresAtMs === undefined || use.atMs < reach.expiresAtMs) &&
  [reach.budget?.total, reach.budget?.daily].every((most) => most === undefined || use.spent <= most) &&
  [reach.limits?.requestsPerMinute, reach.limits?.concurrency].every(
    (most) => most === undefined || use.inOneMinute <= most,
  ) &&
  Object.entries(reach.limits?.models ?? {}).every(
    ([pattern, { requestsPerMinute: most }]) =>
      most === undefined || !matchesGlob(pattern, use.model) || use.inOneMinute <= most,
  )

describe('what a maker hands on', () => {
  it('lets nobody do what the maker may not', () => {
    let granted = 0
    fc.assert(
      fc.property(pair, fc.array(use, { minLength: 20, maxLength: 20 }), ([maker, wanted], uses) => {
        if (!within(maker, wanted)) return true
        granted++
        return uses.every((one) => !allows(wanted, one) || allows(maker, one))
      }),
      { numRuns: 10_000 },
    )
    expect(granted).toBeGreaterThan(1_000)
  })

  it('may be all that the maker has, and what that hands on may be no more', () => {
    fc.assert(
      fc.property(reach, reach, reach, (one, two, three) => {
        expect(beyond(one, one)).toBeUndefined()
        expect(beyond(everything, one)).toBeUndefined()
        return !(within(one, two) && within(two, three)) || within(one, three)
      }),
      { numRuns: 5_000 },
    )
  })

  const maker: Reach = {
    models: ['claude-*', 'gpt-5'],
    routes: ['chat', 'models'],
    addresses: ['10.0.0.0/8'],
    expiresAtMs: 1_000,
    budget: { total: 100n, daily: 10n, monthly: 50n },
    limits: { requestsPerMinute: 60, tokensPerMinute: 1_000, concurrency: 4 },
  }
  it.each<[string, Partial<Reach>]>([
    ['models', { models: ['*'] }],
    ['models', { models: ['claude-*', 'gpt-5*'] }],
    ['routes', { routes: ['chat', 'billing'] }],
    ['addresses', { addresses: ['10.1.0.0/16', '192.0.2.1'] }],
    ['addresses', { addresses: ['0.0.0.0/0'] }],
    ['addresses', { addresses: ['10.0.0.0/7'] }],
    ['expires_at', { expiresAtMs: 1_001 }],
    ['budget.total_nano', { budget: { daily: 1n, monthly: 1n } }],
    ['budget.daily_nano', { budget: { total: 1n, daily: 11n, monthly: 1n } }],
    ['budget.monthly_nano', { budget: { total: 1n, daily: 1n } }],
    ['limits.requests_per_minute', { limits: { requestsPerMinute: 61, tokensPerMinute: 1, concurrency: 1 } }],
    ['limits.tokens_per_minute', { limits: { requestsPerMinute: 1, concurrency: 1 } }],
    ['limits.concurrency', { limits: { requestsPerMinute: 1, tokensPerMinute: 1, concurrency: 5 } }],
  ])('is refused by the name of what is too much: %s', (field, more) => {
    expect(beyond(maker, { ...maker, ...more })).toBe(field)
  })

  it.each(['routes', 'addresses', 'expiresAtMs', 'budget', 'limits'] as const)(
    'is refused where %s are not said',
    (field) => {
      const { [field]: _, ...rest } = maker
      expect(within(maker, { ...rest, models: maker.models })).toBe(false)
    },
  )
})
