import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FaultClass, fault, faultTable } from '../../../src/model/fault.ts'
import { firstOpenMs, inARow, longestOpenMs } from '../../../src/relay/breaker.ts'
import { type Health, health, type Place } from '../../../src/relay/health.ts'
import { effects } from '../../../src/relay/health-effect.ts'
import { presentable } from '../../../src/relay/scrub.ts'

const secondMs = 1_000
const minuteMs = 60_000
const hourMs = 60 * minuteMs

const place = (channel: string, model: string, secret: string): Place => ({ channel: { name: channel }, model, secret })
const asked = place('a', 'm', 'secret-one')
/** What shares something with the place that was asked, and what shares nothing. */
const others = {
  'another model': place('a', 'n', 'secret-one'),
  'another secret': place('a', 'm', 'secret-two'),
  'another channel': place('b', 'm', 'secret-one'),
}

function book(most?: number) {
  let nowMs = 1_000_000
  const health_ = health(() => nowMs, most)
  return { health: health_, pass: (ms: number) => void (nowMs += ms), at: () => nowMs }
}

const fail = (to: Health, faultClass: FaultClass, more: object = {}, whom = asked) =>
  to.failed(whom, presentable(fault(faultClass, 'no', more)))

describe('one fault of each class', () => {
  const client = ['invalid', 'context_length', 'content_policy', 'unsupported', 'unprocessable', 'not_found'] as const
  const rests: Partial<Record<FaultClass, { state: string; restMs: number; alsoFor?: keyof typeof others }>> = {
    rate_limit: { state: 'resting', restMs: 5 * secondMs },
    model_not_found: { state: 'resting', restMs: minuteMs },
    permission: { state: 'resting', restMs: 30 * secondMs },
    overloaded: { state: 'resting', restMs: 3 * secondMs },
    auth: { state: 'parked', restMs: 30 * secondMs, alsoFor: 'another model' },
    billing: { state: 'parked', restMs: hourMs, alsoFor: 'another model' },
  }

  // Keys of the table are classes by its type.
  it.each(Object.keys(faultTable) as FaultClass[])('%s', (faultClass) => {
    const { health, pass, at } = book()
    fail(health, faultClass)
    const expected = rests[faultClass]
    const rest = health.restOf(asked)
    expect(rest?.state).toBe(expected?.state)
    for (const [name, other] of Object.entries(others)) expect(health.isResting(other)).toBe(name === expected?.alsoFor)
    if (!expected) return
    expect(rest).toMatchObject({ faultClass, untilMs: at() + expected.restMs })
    pass(expected.restMs - 1)
    expect(health.isResting(asked)).toBe(true)
    pass(1)
    expect(health.isResting(asked)).toBe(false)
  })

  it.each(client)('%s never counts, however often it comes', (faultClass) => {
    const { health } = book()
    for (let time = 0; time < 100; time++) fail(health, faultClass)
    expect(effects[faultClass].on).toBe('nothing')
    expect(health.isResting(asked)).toBe(false)
    expect(health.view({ ...channel, secrets: ['secret-one'] })).toEqual([])
  })
})

describe("a customer's own empty account", () => {
  it('is nothing that a vendor has to rest for', () => {
    const { health } = book()
    for (let time = 0; time < 20; time++) fail(health, 'billing', { isOwn: true })
    expect(health.isResting(asked)).toBe(false)
    expect(presentable(fault('billing', 'Your balance is spent.', { isOwn: true })).message).toContain('balance')
  })
})

const channel = { name: 'a', provider: 'p', secrets: ['secret-one', 'secret-two'], models: [], priority: 0, weight: 1 }

describe('a rest', () => {
  it.each([
    { faultClass: 'rate_limit', asks: 7 * secondMs, rests: 7 * secondMs },
    { faultClass: 'rate_limit', asks: 86_400 * secondMs, rests: hourMs },
    { faultClass: 'overloaded', asks: 20 * secondMs, rests: 20 * secondMs },
    { faultClass: 'internal', asks: 20 * secondMs, rests: 20 * secondMs },
    { faultClass: 'billing', asks: 5 * hourMs, rests: 5 * hourMs },
  ] as const)('is as long as the vendor asks, within reason: $faultClass, $asks ms', ({ faultClass, asks, rests }) => {
    const { health, at } = book()
    fail(health, faultClass, { retryAfterMs: asks })
    expect(health.restOf(asked)?.untilMs).toBe(at() + rests)
  })

  const december = Date.parse('2026-12-01T00:00:00Z')
  const named: Record<string, readonly [message: string, untilMs: number]> = {
    'in figures': ['You will regain access on 2026-12-01 at 00:00 UTC.', december],
    'as computers write it': ['Quota is spent until 2026-12-01T08:30:00Z.', december + 8.5 * hourMs],
    'in another zone': ['Resets at 2026-12-01T02:00:00+02:00', december],
    'in words': ['Your credits are renewed on December 1st, 2026.', december],
    'in words, with its hour': ['Come back 1 Dec 2026 at 8:30 AM', december + 8.5 * hourMs],
    'too far away': ['You will regain access on 2027-06-01.', december - 10 * 24 * hourMs + 31 * 24 * hourMs],
    'that is over': ['Since 2026-11-01 this account is closed.', december - 10 * 24 * hourMs + hourMs],
    'that is none': ['On 2026-13-45 all is well.', december - 10 * 24 * hourMs + hourMs],
    'of a model': ['You exceeded your quota of gpt-4o-2026-12-24.', december - 10 * 24 * hourMs + hourMs],
  }
  it.each(Object.entries(named))('for money is as long as the date says: %s', (_, [message, untilMs]) => {
    const health_ = health(() => december - 10 * 24 * hourMs)
    expect(health_.failed(asked, presentable(fault('billing', message)))).toMatchObject({ state: 'parked', untilMs })
  })

  it('for money is as long as the date says, whatever the header says, and for another reason is not', () => {
    const health_ = health(() => december - 10 * 24 * hourMs)
    const message = 'Until 2026-12-01 at 00:00 UTC.'
    expect(health_.failed(asked, fault('rate_limit', message))).toMatchObject({
      untilMs: december - 10 * 24 * hourMs + 5 * secondMs,
    })
    expect(health_.failed(asked, fault('billing', message, { retryAfterMs: hourMs }))).toMatchObject({
      untilMs: december,
    })
  })

  it('is twice as long when its fault comes again after it, up to a day for money', () => {
    const { health, pass, at } = book()
    const lengths = Array.from({ length: 7 }, () => {
      fail(health, 'billing')
      const ms = (health.restOf(asked)?.untilMs ?? 0) - at()
      pass(ms)
      return ms / hourMs
    })
    expect(lengths).toEqual([1, 2, 4, 8, 16, 24, 24])
    health.succeeded(asked)
    fail(health, 'billing')
    expect(health.restOf(asked)?.untilMs).toBe(at() + hourMs)
  })

  it('does not grow by many calls that fail at once', () => {
    const { health, at } = book()
    for (let call = 0; call < 50; call++) fail(health, 'auth')
    expect(health.restOf(asked)?.untilMs).toBe(at() + 30 * secondMs)
  })

  it('is told once, when it begins', () => {
    const { health } = book()
    expect(fail(health, 'billing')).toMatchObject({ state: 'parked', faultClass: 'billing' })
    expect(fail(health, 'billing')).toBeUndefined()
    expect(fail(health, 'invalid')).toBeUndefined()
  })

  it('ends when an operator says so, for this channel alone', () => {
    const { health } = book()
    fail(health, 'auth')
    fail(health, 'rate_limit', {}, others['another channel'])
    health.reset('a')
    expect([health.isResting(asked), health.isResting(others['another channel'])]).toEqual([false, true])
  })
})

/** `x` a failure, `.` a success, `?` a call begins, `-` it is given up, `>` the time of the first opening passes. */
describe('the breaker', () => {
  const stories = {
    xxxx: 'closed',
    'xxxx.': 'closed',
    xxxxx: 'open',
    'xxxx.xxxx': 'closed',
    'x.x.x.x.x.x.x.x.x.x': 'open',
    '..x.x.x.x.x.x.x.x.': 'closed',
    'xxxxx>': 'closed',
    'xxxxx>?': 'probing',
    'xxxxx>??': 'probing',
    'xxxxx>?.': 'closed',
    'xxxxx>?.xxxx': 'closed',
    'xxxxx>?x': 'open',
    'xxxxx>?x>': 'open',
    'xxxxx>?x>>': 'closed',
    'xxxxx>?-': 'closed',
    'xxxxx>?-?': 'probing',
    'xxxxx.': 'closed',
  } as const

  it.each(Object.entries(stories))('%s is then %s', (story, expected) => {
    const { health, pass } = book()
    const steps: Record<string, () => void> = {
      x: () => fail(health, 'internal'),
      '.': () => health.succeeded(asked),
      '?': () => health.began(asked),
      '-': () => health.left(asked),
      '>': () => pass(firstOpenMs),
    }
    for (const step of story) steps[step]?.()
    expect(health.restOf(asked)?.state ?? 'closed').toBe(expected)
    for (const other of Object.values(others)) expect(health.isResting(other)).toBe(false)
  })

  it('forgets trouble that is a minute old', () => {
    const { health, pass } = book()
    for (let time = 0; time < 3 * inARow; time++) {
      fail(health, 'timeout')
      pass(minuteMs + 1)
    }
    expect(health.isResting(asked)).toBe(false)
  })

  it('stays open twice as long each time, up to five minutes', () => {
    const { health, pass, at } = book()
    for (let time = 1; time < inARow; time++) fail(health, 'internal')
    const lengths = Array.from({ length: 7 }, () => {
      fail(health, 'internal')
      const ms = (health.restOf(asked)?.untilMs ?? 0) - at()
      pass(ms)
      health.began(asked)
      return ms
    })
    expect(lengths).toEqual([1, 2, 4, 8, 16, 30, 30].map((times) => times * firstOpenMs))
    expect(lengths.at(-1)).toBe(longestOpenMs)
  })
})

describe('the view', () => {
  it('tells states by hints of secrets and by models, and never a secret', () => {
    const { health, at } = book()
    fail(health, 'billing')
    fail(health, 'rate_limit', {}, others['another secret'])
    fail(health, 'internal', {}, others['another channel'])
    const rows = health.view(channel)
    expect(rows).toEqual([
      { credential: '…ne', state: 'parked', sinceMs: at(), untilMs: at() + hourMs, lastFault: 'billing' },
      {
        credential: '…wo',
        model: 'm',
        state: 'resting',
        sinceMs: at(),
        untilMs: at() + 5 * secondMs,
        lastFault: 'rate_limit',
      },
    ])
    expect(JSON.stringify(rows)).not.toContain('secret')
  })
})

describe('memory', () => {
  it('is bounded, and forgets who has been quiet longest', () => {
    const { health } = book(10)
    for (let at = 0; at < 1_000; at++) fail(health, 'rate_limit', {}, place('a', `m${at}`, 's'))
    const known = health.view({ ...channel, secrets: ['s'] })
    expect(known.map(({ model }) => model)).toEqual(Array.from({ length: 10 }, (_, at) => `m${990 + at}`))
  })
})

// ---------------------------------------------------------------- a model of it, and chance

type Step =
  | { readonly do: 'fail'; readonly at: number; readonly faultClass: FaultClass }
  | { readonly do: 'succeed' | 'left' | 'began'; readonly at: number }
  | { readonly do: 'pass'; readonly ms: number }

const places = ['m', 'n'].flatMap((model) => ['s1', 's2'].map((secret) => place('a', model, secret)))
const at = fc.nat({ max: places.length - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('fail' as const),
    at,
    faultClass: fc.constantFrom<FaultClass>('invalid', 'rate_limit', 'auth', 'billing', 'internal', 'overloaded'),
  }),
  fc.record({ do: fc.constantFrom('succeed' as const, 'left' as const, 'began' as const), at }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 2 * hourMs }) }),
)

describe('whatever happens', () => {
  it('rests are told with an end that comes, success ends them, and the breaker lets one probe at a time', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { health, pass, at } = book()
        for (const one of steps) {
          if (one.do === 'pass') {
            pass(one.ms)
            continue
          }
          const whom = places[one.at] ?? asked
          const before = places.map((other) => health.restOf(other)?.state)
          if (one.do === 'fail') fail(health, one.faultClass, {}, whom)
          if (one.do === 'succeed') health.succeeded(whom)
          if (one.do === 'left') health.left(whom)
          if (one.do === 'began') health.began(whom)
          // A credential is shared by models, and nothing by credentials.
          for (const [index, other] of places.entries())
            if (other.secret !== whom.secret) expect(health.restOf(other)?.state).toBe(before[index])
          if (one.do === 'succeed') expect(health.restOf(whom)).toBeUndefined()
          if (one.do === 'fail' && one.faultClass === 'invalid' && before[one.at] === undefined)
            expect(health.restOf(whom)).toBeUndefined()
          if (one.do === 'began') health.began(whom)
        }
        for (const whom of places) {
          const rest = health.restOf(whom)
          if (rest?.state === 'resting' || rest?.state === 'parked' || rest?.state === 'open')
            expect(rest.untilMs).toBeGreaterThan(at())
        }
        pass(24 * hourMs)
        for (const whom of places) {
          expect(health.isResting(whom)).toBe(false)
          health.succeeded(whom)
        }
        expect(health.view({ ...channel, secrets: ['s1', 's2'] })).toEqual([])
      }),
      { seed: 4, numRuns: 400 },
    )
  })
})
