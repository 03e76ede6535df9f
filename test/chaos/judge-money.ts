import type { Tally } from './tally.ts'
import type { World } from './world.ts'

/** Every transfer belongs to one request or credit, once; and the sums agree. */
export function judgeMoney({ books, credits }: World, tally: Tally): void {
  const { accounts, reservations, transfers } = books
  const charges = Map.groupBy(
    transfers.filter(({ kind }) => kind === 'charge'),
    ({ reservation }) => reservation,
  )
  for (const row of reservations) {
    const made = charges.get(row.id) ?? []
    const sum = made.reduce((total, { amount }) => total + amount, 0n)
    tally.check(
      'a request is charged once',
      made.length <= 1 && sum === row.charged,
      () => `${row.id}: ${made.length} charges, ${sum}, not ${row.charged}`,
    )
  }
  for (const { amount, isAcknowledged, name } of credits) {
    const found = transfers.filter(({ operation }) => operation.endsWith(`/${name}`))
    tally.check(
      'a credit that was acknowledged is there, once',
      !isAcknowledged || (found.length === 1 && found[0]?.amount === BigInt(amount)),
      () => `${name}: ${found.length}`,
    )
  }
  const customers = Map.groupBy(
    accounts.filter(({ kind }) => kind === 'user'),
    ({ id }) => ownerOf(id),
  )
  for (const [customer, own] of customers) {
    const paid = transfers.filter(({ credit, kind }) => kind === 'credit' && credit === customer)
    const charged = reservations.filter((row) => row.accounts.some((id) => ownerOf(id) === customer))
    const balance = total(own.map((account) => account.balance))
    const held = total(own.map((account) => account.held))
    const shouldBe = total(paid.map(({ amount }) => amount)) - total(charged.map((row) => row.charged))
    tally.check(
      'a balance is its credits less its charges',
      balance === shouldBe,
      () => `${customer}: ${balance}, not ${shouldBe}`,
    )
    tally.check('nothing stays held', held === 0n, () => `${customer}: ${held}`)
  }
}

/** What a server has drawn of an account is the customer's all the same. */
const ownerOf = (account: string): string => account.replace(/^share\/\d+\//, '')

const total = (amounts: readonly bigint[]): bigint => amounts.reduce((sum, amount) => sum + amount, 0n)
