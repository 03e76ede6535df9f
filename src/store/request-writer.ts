import type { StatementSync } from 'node:sqlite'
import { dayOf } from './spending.ts'
import { openSqlite } from './sqlite.ts'
import { transaction } from './transaction.ts'

/** A row of the request log as it goes to the writer's thread, where flat lists are cheapest; the columns in their order. */
export type LogRow = readonly [
  ...[id: string, atMs: number, account: string, keyId: string, model: string, channel: string, outcome: string],
  ...[charged: bigint, detail: string, answerId: string],
]

export type RequestWriter = ReturnType<typeof requestWriter>

/**
 * Writes the request log into the file that others read and write too.
 * @throws Error when the file cannot be opened.
 */
export function requestWriter(path: string) {
  const { database } = openSqlite(path)
  // With a crash of the machine the last rows may be lost, which nobody is charged by.
  database.exec('PRAGMA synchronous=NORMAL')
  const insert = database.prepare(insertText)
  const count = database.prepare(countText)
  return {
    add: (rows: readonly LogRow[]): void => transaction(database, () => addAll(insert, count, rows)),
    close: (): void => database.close(),
  }
}

const insertText = `INSERT INTO requests
    (id, at, account, key_id, model, channel, outcome, charged, detail, answer_id)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`

const countText = `INSERT INTO spending (key_id, account, day, charged, requests) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (key_id, account, day)
  DO UPDATE SET charged = charged + excluded.charged, requests = requests + excluded.requests`

/** A row that is there already is left as it is, and not counted again. */
function addAll(insert: StatementSync, count: StatementSync, rows: readonly LogRow[]): void {
  const sums = new Map<string, { readonly key: readonly [string, string, number]; charged: bigint; requests: number }>()
  for (const row of rows) {
    if (Number(insert.run(...row).changes) === 0) continue
    const [, atMs, account, keyId] = row
    const day = dayOf(atMs)
    const name = `${keyId}\0${account}\0${day}`
    const sum = sums.get(name) ?? { key: [keyId, account, day], charged: 0n, requests: 0 }
    sum.charged += row[7]
    sum.requests++
    sums.set(name, sum)
  }
  for (const { key, charged, requests } of sums.values()) count.run(...key, charged, requests)
}
