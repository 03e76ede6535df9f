import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Command } from '../../src/ledger/command.ts'
import { boundOf } from '../../src/ledger/settlement.ts'
import { availableOf } from '../../src/ledger/state.ts'
import { isBalance, largestNano, type Nano, nano } from '../../src/model/money.ts'
import { type Book, bookOf } from './book.ts'

const funded = (amount: bigint, floor = 0n): Command[] => [
  { do: 'open', account: 'user', floor: nano(floor) },
  { do: 'credit', id: 'first', account: 'user', amount: nano(amount), reason: '', actor: '' },
]
const reserve = (id: string, amount: bigint, limit?: bigint, ticket = 1): Command => ({
  do: 'reserve',
  id,
  holds: [{ account: 'user' }, ...(limit === undefined ? [] : [{ account: 'key', limit: nano(limit) }])],
  amount: nano(amount),
  ticket,
})
const settle = (id: string, charge: bigint, source = 'vendor'): Command => ({
  do: 'settle',
  id,
  charge: nano(charge),
  costs: [],
  source,
})

describe('what is asked for and cannot be', () => {
  it.each<[string, Command[], string]>([
    [
      'an account that is not there',
      [{ ...reserve('a', 1n), holds: [{ account: 'nobody' }] } as Command],
      'no account',
    ],
    ['more than there is', [reserve('a', 101n)], 'insufficient'],
    ['more than a budget allows', [reserve('a', 60n, 50n)], 'insufficient'],
    [
      'what a budget that was lowered no longer allows',
      [reserve('a', 40n, 50n), reserve('b', 1n, 30n)],
      'insufficient',
    ],
    [
      'an extension beyond the balance',
      [reserve('a', 40n), { do: 'extend', id: 'a', amount: nano(101n) }],
      'insufficient',
    ],
    ['an extension of nothing', [{ do: 'extend', id: 'a', amount: nano(1n) }], 'unknown'],
    ['a checkpoint of nothing', [{ do: 'checkpoint', id: 'a', used: nano(1n) }], 'unknown'],
    ['an end of nothing', [settle('a', 1n)], 'unknown'],
    ['another amount under the same id', [reserve('a', 10n), reserve('a', 11n)], 'conflict'],
    ['another account under the same id', [reserve('a', 10n), reserve('a', 10n, 100n)], 'conflict'],
    ['a second end', [reserve('a', 10n), settle('a', 5n), settle('a', 6n)], 'already settled'],
    [
      'an end of what is void',
      [reserve('a', 10n), { do: 'void', id: 'a', reason: 'x' }, settle('a', 6n)],
      'already voided',
    ],
    [
      'to void what is settled',
      [reserve('a', 10n), settle('a', 5n), { do: 'void', id: 'a', reason: 'x' }],
      'already settled',
    ],
    ['what was void before it came', [{ do: 'void', id: 'a', reason: 'x' }, reserve('a', 10n)], 'already voided'],
    [
      'to void what another has reserved',
      [reserve('a', 10n), { do: 'void', id: 'a', reason: 'x', ticket: 2 }],
      'conflict',
    ],
    [
      'to sweep what somebody else holds',
      [reserve('a', 10n), { do: 'sweep', id: 'a', node: 'x', epoch: 1 }],
      'unknown',
    ],
    [
      'to take what is not there',
      [{ do: 'adjust', id: 'x', accounts: ['user'], amount: nano(-101n), reason: '', actor: '' }],
      'insufficient',
    ],
    [
      'to take what is held',
      [reserve('a', 60n), { do: 'adjust', id: 'x', accounts: ['user'], amount: nano(-41n), reason: '', actor: '' }],
      'insufficient',
    ],
    [
      'a credit for a budget',
      [reserve('a', 1n, 5n), { do: 'credit', id: 'x', account: 'key', amount: nano(1n), reason: '', actor: '' }],
      'no account',
    ],
    [
      'the same credit for somebody else',
      [
        { do: 'open', account: 'b', floor: nano(0n) },
        { do: 'credit', id: 'first', account: 'b', amount: nano(100n), reason: '', actor: '' },
      ],
      'conflict',
    ],
    [
      'to open a budget as a customer',
      [reserve('a', 1n, 5n), { do: 'open', account: 'key', floor: nano(0n) }],
      'conflict',
    ],
    [
      'a balance beyond all money',
      [{ do: 'credit', id: 'x', account: 'user', amount: nano(largestNano), reason: '', actor: '' }],
      'too large',
    ],
    [
      'two customers for one request',
      [
        { do: 'open', account: 'b', floor: nano(0n) },
        { ...reserve('a', 0n), holds: [{ account: 'user' }, { account: 'b' }] } as Command,
      ],
      'invalid',
    ],
  ])('%s', (_, commands, is) => {
    const { run } = bookOf()
    run(...funded(100n))
    expect(run(...commands).at(-1)?.is).toBe(is)
  })

  it('changes nothing when it is refused', () => {
    const { run, state } = bookOf()
    run(...funded(100n))
    const before = structuredClone(state)
    run(
      reserve('a', 101n, 1_000n),
      reserve('b', 60n, 50n),
      { do: 'extend', id: 'c', amount: nano(5n) },
      settle('d', 4n),
    )
    expect(state).toEqual(before)
  })
})

const odd = (value: unknown): Nano => value as Nano

describe('numbers that got past a border', () => {
  it.each([
    ['a float', odd(1.5)],
    ['a whole number', odd(1)],
    ['not a number', odd(Number.NaN)],
    ['infinity', odd(Number.POSITIVE_INFINITY)],
    ['text', odd('5')],
    ['less than nothing', odd(-1n)],
    ['more than all', odd(largestNano + 1n)],
    ['nothing', odd(undefined)],
  ])('%s', (_, value) => {
    const { run, state } = bookOf()
    run(...funded(100n), reserve('open', 10n))
    const before = structuredClone(state)
    const answers = run(
      { ...reserve('a', 1n), amount: value } as Command,
      { ...reserve('b', 1n), holds: [{ account: 'key', limit: value }] } as Command,
      { do: 'extend', id: 'open', amount: value },
      { do: 'checkpoint', id: 'open', used: value },
      { do: 'settle', id: 'open', charge: value, costs: [], source: 'vendor' },
      { do: 'settle', id: 'open', charge: nano(1n), costs: [{ vendor: 'acme', amount: value }], source: 'vendor' },
      { do: 'credit', id: 'c', account: 'user', amount: value, reason: '', actor: '' },
      { do: 'adjust', id: 'd', accounts: ['user'], amount: value === -1n ? odd(0n) : value, reason: '', actor: '' },
      { do: 'open', account: 'other', floor: value === -1n ? odd(1n) : value },
    )
    expect(new Set(answers.map(({ is }) => is))).toEqual(new Set(['invalid']))
    expect(state).toEqual(before)
  })
})

describe('the bound of a charge', () => {
  it.each([
    // reserved, free, bound
    [1_000n, 1_000n, 1_020n],
    [1_000n, 5n, 1_005n],
    [1_000n, 0n, 1_000n],
    [1_000n, -50n, 1_000n],
    [10_000_000_000n, largestNano, 10_010_000_000n],
    [largestNano, largestNano, largestNano],
    [0n, 1_000n, 0n],
  ])('%s reserved, %s free: %s', (reserved, free, bound) => {
    expect(boundOf(nano(reserved), free)).toBe(bound)
  })

  it('leaves the rest to the operator', () => {
    const { run, account, state } = bookOf()
    run(...funded(2_000n), reserve('a', 1_000n), settle('a', 1_500n))
    expect(account('user')).toMatchObject({ balance: 980n, held: 0n })
    expect(state.operations.get('settle/a')).toMatchObject([
      { kind: 'charge', debit: 'user', amount: 1_020n },
      { kind: 'excess', amount: 480n },
    ])
  })
})

const ids = fc.constantFrom('a', 'b', 'c', 'd')
const amounts = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: 0n, max: 400n }) },
  { weight: 1, arbitrary: fc.constantFrom(largestNano, largestNano - 1n, -1n) },
)
// Records of a command's fields; their amounts may be anything, as `decide` must bear.
const asCommand = (arbitrary: fc.Arbitrary<unknown>) => arbitrary as fc.Arbitrary<Command>
const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  fc
    .record({ id: ids, amount: amounts, limit: fc.option(fc.bigInt({ min: 0n, max: 1_000n })), ticket: fc.nat(2) })
    .map(({ id, amount, limit, ticket }) => ({ ...reserve(id, 0n, limit ?? undefined, ticket), amount }) as Command),
  asCommand(fc.record({ do: fc.constant('extend'), id: ids, amount: amounts })),
  asCommand(fc.record({ do: fc.constant('checkpoint'), id: ids, used: amounts })),
  asCommand(
    fc.record({
      do: fc.constant('settle'),
      id: ids,
      charge: amounts,
      costs: fc.array(fc.record({ vendor: ids, amount: amounts }), { maxLength: 2 }),
      source: fc.constantFrom('vendor', 'counted'),
    }),
  ),
  asCommand(fc.record({ do: fc.constant('void'), id: ids, reason: fc.constant('x') })),
  asCommand(fc.record({ do: fc.constant('sweep'), id: ids, node: fc.constant('local'), epoch: fc.constant(1) })),
  asCommand(
    fc.record({
      do: fc.constant('credit'),
      id: ids,
      account: fc.constant('user'),
      amount: amounts,
      reason: fc.constant(''),
      actor: fc.constant(''),
    }),
  ),
  asCommand(
    fc.record({
      do: fc.constant('adjust'),
      id: ids,
      accounts: fc.constantFrom(['user'], ['user', 'key']),
      amount: fc.bigInt({ min: -300n, max: 300n }),
      reason: fc.constant(''),
      actor: fc.constant(''),
    }),
  ),
)

function checkLaws({ state }: Book): void {
  const sums = new Map<string, bigint>()
  for (const transfers of state.operations.values())
    for (const { debit, credit, amount } of transfers) {
      expect(amount > 0n).toBe(true)
      sums.set(debit, (sums.get(debit) ?? 0n) - amount)
      sums.set(credit, (sums.get(credit) ?? 0n) + amount)
    }
  let all = 0n
  for (const account of state.accounts.values()) {
    all += account.balance
    expect(account.balance).toBe(sums.get(account.id) ?? 0n)
    expect(isBalance(account.balance) && isBalance(account.held)).toBe(true)
    const open = [...state.reservations.values()].filter(
      (row) => row.state === 'open' && row.accounts.includes(account.id),
    )
    expect(account.held).toBe(open.reduce((held, { amount }) => held + amount, 0n))
    if (account.kind === 'user') expect(availableOf(account) >= 0n).toBe(true)
  }
  expect(all).toBe(0n)
  for (const { amount, charged, state: end } of state.reservations.values()) {
    expect(charged >= 0n && charged <= boundOf(amount, largestNano)).toBe(true)
    if (end !== 'settled') expect(charged).toBe(0n)
  }
}

describe('whatever is asked, in whatever order', () => {
  it('keeps the laws: sums of 0, holds of open reservations, no balance below its floor, no charge above its bound', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyCommand, { maxLength: 6 }), { maxLength: 12 }), (batches) => {
        const tried = bookOf()
        tried.run(...funded(500n))
        for (const batch of batches) {
          tried.run(...batch)
          checkLaws(tried)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('comes to the same in one batch as in many', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 20 }), (commands) => {
        const [one, many] = [bookOf(), bookOf()]
        one.run(...funded(500n))
        many.run(...funded(500n))
        const together = one.run(...commands)
        expect(commands.flatMap((command) => many.run(command))).toEqual(together)
        expect(balances(one)).toEqual(balances(many))
      }),
    )
  })

  it('moves nothing when a batch is asked again', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 20 }), (commands) => {
        // What was refused may be possible the second time, and what is possible is not refused for it.
        const tried = bookOf()
        tried.run(...funded(100_000n))
        const answers = tried.run(...commands)
        const done = commands.filter((_, at) => effects.has(answers[at]?.is ?? ''))
        const before = balances(tried)
        for (const command of done) tried.run(command)
        expect(balances(tried)).toEqual(before)
      }),
    )
  })
})

const effects: ReadonlySet<string> = new Set(['done', 'settled', 'voided', 'reserved', 'checkpointed'])
const balances = ({ state }: Book) =>
  new Map([...state.accounts].map(([id, { balance, held }]) => [id, { balance, held }]))
