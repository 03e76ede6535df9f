import type { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { openSqlite } from '../../store/sqlite.ts'
import { isSqliteOutage } from '../../store/sqlite-fault.ts'
import { transaction } from '../../store/transaction.ts'
import type { Answer } from '../answer.ts'
import type { Pass } from '../audit-texts.ts'
import type { Command } from '../command.ts'
import { decide } from '../decide/decide.ts'
import type { Charged, ChargedAsked } from '../lives.ts'
import { migrateLedger, sqliteEngine } from '../schema.ts'
import type { Account, Reservation, State, Transfer } from '../state.ts'
import type { Entry, Orphan, StatementAsked } from '../store.ts'
import { accountsTouched, operationsTouched, reservationsTouched } from '../touch.ts'
import { type AuditSlice, auditor } from './audit.ts'
import { type Memory, makeMemory } from './memory.ts'
import { type Statements, statements } from './statements.ts'
import { write } from './write.ts'

/** The ledger in one file, of which this process is the only user. Everything here waits for the disk. */
export interface Book {
  readonly epoch: number
  commit(commands: readonly Command[]): readonly Answer[]
  orphans(): readonly Orphan[]
  audit(pass: Pass): AuditSlice
  account(id: string): Account | undefined
  reservation(id: string): Reservation | undefined
  operation(id: string): readonly Transfer[]
  transfersOf(reservation: string): readonly Transfer[]
  statement(asked: StatementAsked): readonly Entry[]
  newest(): number
  charged(asked: ChargedAsked): readonly Charged[]
  close(): void
}

/** There is one node a file, whatever the machine is called. */
export const onlyNode = 'local'

/** Epochs fit above: their product stays a whole number that JavaScript can say. */
const batchesPerEpoch = 2 ** 32

/** @throws Error when the file is in use, broken, or of a newer version. */
export async function openBook(path: string): Promise<Book> {
  let database: DatabaseSync | undefined
  try {
    const opened = openSqlite(path)
    database = opened.database
    // Held until this process ends, however it ends: a second one would take our reservations for a dead process's.
    database.exec('PRAGMA locking_mode=EXCLUSIVE; BEGIN IMMEDIATE')
    await migrateLedger(new Kysely<unknown>({ dialect: opened.dialect }), sqliteEngine)
    database.exec('COMMIT')
    return bookOf(database)
  } catch (error) {
    database?.close()
    const why = isSqliteOutage(error)
      ? 'another process has it, or the disk refuses'
      : 'it is broken, or of a newer version'
    throw new Error(`the ledger ${path} cannot be opened: ${why}`, { cause: error })
  }
}

function bookOf(database: DatabaseSync): Book {
  const sql = statements(database)
  const memory = makeMemory()
  const epoch = Number(sql.enroll.get({ node: onlyNode, now: Date.now() })?.epoch)
  // Above those of every process before.
  let batch = epoch * batchesPerEpoch

  function commit(commands: readonly Command[]): readonly Answer[] {
    batch++
    try {
      const { changes, answers } = transaction(database, () => {
        const context = { node: onlyNode, epoch, batch, atMs: Date.now() }
        const decision = decide(read(sql, memory, commands), commands, context)
        write(sql, decision.changes, batch)
        return decision
      })
      memory.learn(changes)
      return answers
    } catch (error) {
      // Whatever was written or not, the file knows.
      memory.forget()
      throw error
    }
  }

  return {
    epoch,
    commit,
    orphans: () => sql.orphans(epoch),
    audit: auditor(database, sql, () => batch + 1),
    account: sql.account,
    reservation: sql.reservation,
    operation: (id) => sql.operation(id) ?? [],
    transfersOf: sql.transfersOf,
    statement: sql.statement,
    newest: sql.newest,
    charged: sql.charged,
    close: () => database.close(),
  }
}

function read(sql: Statements, memory: Memory, commands: readonly Command[]): State {
  const reservations = found(reservationsTouched(commands), (id) => memory.reservations.get(id) ?? sql.reservation(id))
  const accounts = accountsTouched(commands, reservations.values(), onlyNode)
  return {
    reservations,
    accounts: found(accounts, (id) => memory.accounts.get(id) ?? sql.account(id)),
    operations: found(operationsTouched(commands), sql.operation),
  }
}

function found<T>(ids: readonly string[], find: (id: string) => T | undefined): Map<string, T> {
  const all = new Map<string, T>()
  for (const id of ids) {
    const row = find(id)
    if (row !== undefined) all.set(id, row)
  }
  return all
}
