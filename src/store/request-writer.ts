import type { StatementSync } from 'node:sqlite'
import { openDatabaseFile } from './database-file.ts'
import { isSecondHand, secondHand } from './second-hand.ts'
import { dayOf } from './spending.ts'
import { transaction } from './transaction.ts'

/** A row of the request log as it goes to the writer's thread, where flat lists are cheapest; the columns in their order. */
export type LogRow = readonly [
  ...[id: string, atMs: number, account: string, keyId: string, model: string, channel: string, outcome: string],
  ...[charged: bigint, detail: string, answerId: string],
]

type Statements = Readonly<Record<'insert' | 'count' | 'guessed' | 'replace', StatementSync>>

export type RequestWriter = ReturnType<typeof requestWriter>

/**
 * Writes the request log into the file that others read and write too.
 * @throws Error when the file cannot be opened.
 */
export function requestWriter(path: string) {
  const database = openDatabaseFile(path)
  // With a crash of the machine the last rows may be lost, which nobody is charged by.
  database.exec('PRAGMA synchronous=NORMAL')
  const statements: Statements = {
    insert: database.prepare(insertText),
    count: database.prepare(countText),
    guessed: database.prepare(guessedText),
    replace: database.prepare(replaceText),
  }
  statements.guessed.setReadBigInts(true)
  return {
    add: (rows: readonly LogRow[]): void => transaction(database, () => addAll(statements, rows)),
    close: (): void => database.close(),
  }
}

const insertText = `INSERT INTO requests
    (id, at, account, key_id, model, channel, outcome, charged, detail, answer_id)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`

const countText = `INSERT INTO spending (key_id, account, day, charged, requests) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (key_id, account, day)
  DO UPDATE SET charged = charged + excluded.charged, requests = requests + excluded.requests`

/** The row as it is written now, where it was written second-hand. */
const guessedText = `SELECT account, key_id, at, charged FROM requests
  WHERE id = ? AND outcome IN (${secondHand.map((outcome) => `'${outcome}'`)})`

const replaceText = `UPDATE requests SET at = ?2, account = ?3, key_id = ?4, model = ?5, channel = ?6, outcome = ?7,
  charged = ?8, detail = ?9, answer_id = ?10 WHERE id = ?1`

/** Where a sum is kept: a key, the account that pays, a day. */
type Place = readonly [keyId: string, account: string, day: number]

/** A row that is there already is not counted again, and left as it is unless it was second-hand. */
function addAll({ count, guessed, insert, replace }: Statements, rows: readonly LogRow[]): void {
  const sums = new Map<string, { readonly place: Place; charged: bigint; requests: number }>()
  const add = (place: Place, charged: bigint, requests: 1 | -1): void => {
    const name = place.join('\0')
    const sum = sums.get(name) ?? { place, charged: 0n, requests: 0 }
    sum.charged += charged
    sum.requests += requests
    sums.set(name, sum)
  }
  for (const row of rows) {
    const [id, atMs, account, keyId, , , outcome, charged] = row
    if (Number(insert.run(...row).changes) === 0) {
      const old = isSecondHand(outcome) ? undefined : guessed.get(id)
      if (!old) continue
      replace.run(...row)
      add([String(old.key_id), String(old.account), dayOf(Number(old.at))], -BigInt(old.charged as bigint), -1)
    }
    add([keyId, account, dayOf(atMs)], charged, 1)
  }
  for (const { place, charged, requests } of sums.values()) count.run(...place, charged, requests)
}
