import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/ledger/command.ts'
import { idleWatch } from '../../src/ledger/lease/idle.ts'
import { usualTerms } from '../../src/ledger/lease/leasing.ts'
import { ownerOf, shareOf, sharesOf } from '../../src/ledger/lease/share.ts'
import { nano } from '../../src/model/money.ts'
import { type Book, bookOf } from './book.ts'

/** An account is hot as soon as it is used, however little it has. */
const eager = { hotPerSecond: 0.01, windowMs: 1_000, part: 2n, spendMs: 60_000, poorBelow: nano(0n) }
const user = 'user'
const key = 'key/2026-11'
const nodes = ['one', 'two'] as const

const funded = (amount: bigint): Command[] => [
  { do: 'open', account: user, floor: nano(0n) },
  { do: 'credit', id: 'first', account: user, amount: nano(amount), reason: '', actor: '' },
]
const reserve = (id: string, amount: bigint, limit?: bigint): Command => ({
  do: 'reserve',
  id,
  holds: [{ account: user }, ...(limit === undefined ? [] : [{ account: key, limit: nano(limit) }])],
  amount: nano(amount),
  ticket: 1,
})
const settle = (id: string, charge: bigint): Command => ({
  do: 'settle',
  id,
  charge: nano(charge),
  costs: [],
  source: 'vendor',
})
const adjust = (id: string, amount: bigint): Command => ({
  do: 'adjust',
  id,
  accounts: [user],
  amount: nano(amount),
  reason: '',
  actor: '',
})

describe('the name of a share', () => {
  it.each(['user', 'user:a/b', 'key/2026-11', 'share of nothing'])('says that it is of %s', (owner) => {
    for (const id of [...sharesOf(owner), shareOf(owner, 'host/1'), owner]) expect(ownerOf(id)).toBe(owner)
    expect(sharesOf(owner)).toContain(shareOf(owner, 'host/1'))
  })

  it('is nobody’s account', () => {
    const { run } = bookOf()
    const share = shareOf(user, 'local')
    const answers = run(
      ...funded(100n),
      { do: 'open', account: share, floor: nano(0n) },
      { do: 'credit', id: 'x', account: share, amount: nano(1n), reason: '', actor: '' },
      { ...reserve('a', 1n), holds: [{ account: share }] } as Command,
      { do: 'return', share: user, version: 1 },
    )
    expect(answers.slice(2).map(({ is }) => is)).toEqual(['invalid', 'invalid', 'invalid', 'invalid'])
  })
})

const anyId = fc.constantFrom(...'abcdefghijkl')
const anyAmount = fc.oneof(fc.bigInt({ min: 0n, max: 40n }), fc.bigInt({ min: 0n, max: 300n }))
/** The limit is one for all processes, as it comes from what they all read. */
type LimitedCommand = (limit: bigint) => Command
const anyCommand: fc.Arbitrary<LimitedCommand> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(anyId, anyAmount, fc.boolean()).map(
      ([id, amount, isLimited]) =>
        (limit: bigint) =>
          reserve(id, amount, isLimited ? limit : undefined),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(anyId, anyAmount).map(
      ([id, charge]) =>
        () =>
          settle(id, charge),
    ),
  },
  fc.tuple(anyId, anyAmount).map(
    ([id, amount]) =>
      (): Command => ({ do: 'extend', id, amount: nano(amount) }),
  ),
  fc.tuple(anyId, anyAmount).map(
    ([id, used]) =>
      (): Command => ({ do: 'checkpoint', id, used: nano(used) }),
  ),
  anyId.map((id) => (): Command => ({ do: 'void', id, reason: 'x' })),
  fc.tuple(anyId, fc.constantFrom(...nodes)).map(
    ([id, node]) =>
      (): Command => ({ do: 'sweep', id, node, epoch: 1 }),
  ),
  fc.tuple(anyId, fc.bigInt({ min: -300n, max: 300n })).map(
    ([id, amount]) =>
      () =>
        adjust(id, amount),
  ),
  // Up it may go too, but what was reserved on a share before stays good there when it is free again.
  fc.constant((): Command => ({ do: 'open', account: user, floor: nano(-50n) })),
)
const anyStep = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      node: fc.constantFrom(...nodes),
      commands: fc.array(anyCommand, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant('everybody is idle' as const) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 900n }) },
)

/** As sweepers do, twice as often as is right. */
function sendHome(book: Book): void {
  const shares = [...book.shares(), ...book.shares()]
  for (const { id, version } of shares) book.runOn('two', { do: 'return', share: id, version })
}

describe('an account of which processes have drawn shares', () => {
  it('answers as if there were none, whoever is asked for whatever', () => {
    let held = 0
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 20, size: 'max' }), (steps) => {
        const [plain, leasing] = [bookOf(), bookOf(eager)]
        const limits = [500n]
        plain.run(...funded(600n))
        leasing.run(...funded(600n))
        for (const step of steps) {
          if (step === 'everybody is idle') sendHome(leasing)
          else if (typeof step === 'bigint') limits.unshift(...(limits.includes(step) ? [] : [step]))
          else {
            const commands = step.commands.map((command) => command(limits[0] ?? 0n))
            expect(leasing.runOn(step.node, ...commands)).toEqual(plain.runOn(step.node, ...commands))
          }
          for (const id of [user, key]) expect(leasing.whole(id)).toEqual(plain.whole(id))
          for (const share of leasing.shares()) expect(share.balance >= share.held).toBe(true)
          held += leasing.shares().filter((share) => share.held > 0n).length
        }
      }),
      { numRuns: 500 },
    )
    expect(held).toBeGreaterThan(1_000)
  })
})

describe('a share', () => {
  const hot = (book: Book): void => {
    book.run(...funded(1_000n))
    // The first makes the account hot; the second draws.
    book.runOn('one', reserve('a', 10n, 500n))
    book.runOn('one', reserve('b', 10n, 500n))
  }

  it('pays for its process, and nobody touches the account', () => {
    const book = bookOf(eager)
    hot(book)
    const before = [book.account(user), book.account(key)]
    book.runOn('one', reserve('c', 5n, 500n), { do: 'extend', id: 'c', amount: nano(6n) })
    book.runOn('one', settle('c', 6n), { do: 'void', id: 'b', reason: 'x' })
    expect([book.account(user), book.account(key)]).toEqual(before)
    expect(book.whole(user)).toEqual({ balance: 994n, held: 10n })
    expect(book.state.operations.get('settle/c')).toMatchObject([
      { kind: 'charge', debit: shareOf(user, 'one'), amount: 6n },
      { kind: 'budget', debit: shareOf(key, 'one'), amount: 6n },
    ])
  })

  it('is at most a part of what is available, and what is spent in a while', () => {
    const book = bookOf({ ...eager, part: 100n })
    book.run(...funded(1_000n))
    book.runOn('one', reserve('a', 3n))
    book.runOn('one', reserve('b', 3n))
    expect(book.account(shareOf(user, 'one'))).toMatchObject({ balance: 9n, held: 3n })
    const slow = bookOf({ ...eager, spendMs: 2_000 })
    hot(slow)
    expect(slow.account(shareOf(user, 'one'))).toMatchObject({ balance: 20n, held: 10n })
  })

  it('is not drawn of an account that is nearly empty, and goes home from one', () => {
    const book = bookOf({ ...eager, poorBelow: nano(900n) })
    hot(book)
    expect(book.account(shareOf(user, 'one'))?.balance).toBeGreaterThan(0n)
    book.run(adjust('x', -400n))
    book.runOn('one', reserve('c', 580n))
    expect(book.account(shareOf(user, 'one'))).toMatchObject({ balance: 10n, held: 10n })
    expect(book.account(user)).toMatchObject({ held: 590n })
  })

  it('goes home at once when another needs what is on it', () => {
    const book = bookOf(eager)
    hot(book)
    expect(book.runOn('two', reserve('all', 980n))).toMatchObject([{ is: 'reserved' }])
    expect(book.account(shareOf(user, 'one'))).toMatchObject({ balance: 10n, held: 10n })
    expect(book.runOn('one', reserve('c', 1n))).toEqual([{ is: 'insufficient', account: user, available: 0n }])
  })

  it('stays where it is when all of it would not be enough', () => {
    const book = bookOf(eager)
    hot(book)
    const before = book.account(shareOf(user, 'one'))
    expect(book.runOn('two', reserve('more', 981n))).toEqual([{ is: 'insufficient', account: user, available: 980n }])
    expect(book.account(shareOf(user, 'one'))).toEqual(before)
  })

  it('goes home when its account may spend less from now on', () => {
    const book = bookOf(eager)
    book.run({ do: 'open', account: user, floor: nano(-900n) }, reserve('debt', 100n), settle('debt', 100n))
    book.runOn('one', reserve('a', 10n, 500n))
    book.runOn('one', reserve('b', 10n, 500n))
    expect(book.account(shareOf(user, 'one'))?.balance).toBeGreaterThan(10n)
    book.run({ do: 'open', account: user, floor: nano(0n) })
    expect(book.account(shareOf(user, 'one'))).toMatchObject({ balance: 10n, held: 10n })
    expect(book.runOn('one', reserve('c', 1n))).toEqual([{ is: 'insufficient', account: user, available: 0n }])
    const limited = bookOf(eager)
    hot(limited)
    expect(limited.runOn('one', reserve('c', 1n, 20n))).toEqual([{ is: 'insufficient', account: key, available: 0n }])
  })

  it('goes home once, when nobody has touched it since', () => {
    const book = bookOf(eager)
    hot(book)
    const share = book.account(shareOf(user, 'one'))
    const home: Command = { do: 'return', share: shareOf(user, 'one'), version: share?.version ?? 0 }
    const free = (share?.balance ?? 0n) - (share?.held ?? 0n)
    expect(book.runOn('two', { ...home, version: home.version - 1 }, home, home)).toEqual([
      { is: 'returned', amount: 0n },
      { is: 'returned', amount: free },
      { is: 'returned', amount: 0n },
    ])
    expect(book.whole(user)).toEqual({ balance: 1_000n, held: 20n })
  })

  it('is drawn only of accounts that are hot: by default from 200 reservations a second on, and 5 USD', () => {
    const draws = (perSecond: number, balance: bigint): boolean => {
      const book = bookOf(usualTerms)
      book.run(...funded(balance))
      for (let second = 0; second < 3; second++)
        book.runOn('one', ...Array.from({ length: perSecond }, (_, at) => reserve(`${second} ${at}`, 1n)))
      return book.shares().length > 0
    }
    expect(draws(199, 6_000_000_000n)).toBe(false)
    expect(draws(200, 6_000_000_000n)).toBe(true)
    expect(draws(200, 4_999_999_999n)).toBe(false)
  })
})

describe('an idle share', () => {
  it('is one that is the same at two looks', () => {
    const idle = idleWatch()
    expect(idle([{ id: 'a', version: 1 }])).toEqual([])
    expect(idle([...[{ id: 'a', version: 2 }], { id: 'b', version: 7 }])).toEqual([])
    expect(idle([...[{ id: 'a', version: 3 }], { id: 'b', version: 7 }])).toEqual([{ id: 'b', version: 7 }])
    expect(idle([{ id: 'a', version: 3 }])).toEqual([{ id: 'a', version: 3 }])
  })
})
