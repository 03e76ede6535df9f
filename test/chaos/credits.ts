import type { Chance } from './chance.ts'

/** Money that came in through the management API. */
export interface Credit {
  /** The same each time it is asked for, until it is acknowledged. */
  readonly name: string
  readonly account: string
  readonly amount: number
  isAcknowledged: boolean
}

export interface Till {
  readonly url: string
  readonly token: string
}

/** Asks for every credit that was not acknowledged, those of former lives too; again and again costs nothing. */
export async function payIn({ token, url }: Till, credits: readonly Credit[]): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const ids = await accountIds(url, headers)
  for (const credit of credits) {
    if (credit.isAcknowledged) continue
    const answer = await fetch(`${url}/api/accounts/${ids.get(credit.account)}/credit`, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': credit.name },
      body: JSON.stringify({ amount_nano: credit.amount, reason: 'chaos' }),
    })
    if (answer.ok) credit.isAcknowledged = true
    // Asked again in the next life: the database may have been too slow.
    else if (answer.status < 500) throw new Error(`a credit was answered ${answer.status}: ${await answer.text()}`)
  }
}

async function accountIds(url: string, headers: Record<string, string>): Promise<ReadonlyMap<string, string>> {
  const answer = await fetch(`${url}/api/accounts`, { headers })
  if (!answer.ok) throw new Error(`the accounts were answered ${answer.status}: ${await answer.text()}`)
  // The list that the management API documents.
  const { data } = (await answer.json()) as { data: readonly { id: string; name: string }[] }
  return new Map(data.map(({ id, name }) => [name, id]))
}

/** Little money, now and then, for those who have little. */
export const smallCredits = (chance: Chance, life: number): Credit[] =>
  Array.from({ length: chance.between(1, 3) }, (_, at) => ({
    name: `credit-${life}-${at}`,
    account: 'poor',
    amount: chance.between(10_000_000, 60_000_000),
    isAcknowledged: false,
  }))
