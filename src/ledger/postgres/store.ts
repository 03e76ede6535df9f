import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import type { Command } from '../command.ts'
import { decide } from '../decide/decide.ts'
import { readAccount, readEntry, readReservation, readTransfer } from '../rows.ts'
import { migrateLedger, postgresEngine } from '../schema.ts'
import type { Committed, LedgerStore } from '../store.ts'
import { deadAfterMs } from '../sweeper.ts'
import { auditSlice } from './audit.ts'
import { connectionOf, Outage, poolOf, transaction } from './connection.ts'
import { contextOf, databaseTime, read } from './read.ts'
import { write } from './write.ts'

export interface PostgresLedger {
  readonly url: string
  /** Unlike that of every other process on this database. */
  readonly node: string
}

/**
 * The ledger in PostgreSQL, shared by any number of processes.
 * @throws Error when it cannot be reached or brought up to date.
 */
export async function openPostgresLedger({ url, node }: PostgresLedger): Promise<LedgerStore> {
  const pool = poolOf(url)
  try {
    await migrateLedger(new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) }), postgresEngine)
    return storeOf(pool, node, await enroll(pool, node))
  } catch (error) {
    await pool.end()
    throw error
  }
}

function storeOf(pool: pg.Pool, node: string, epoch: number): LedgerStore {
  const connection = connectionOf(pool)
  const unlessAway = async <T>(run: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      if (error instanceof Outage) return otherwise
      throw error
    }
  }
  return {
    node,
    epoch,
    commit: (commands) => commit(pool, { node, epoch, commands }),
    beat: () =>
      unlessAway(async () => {
        const { rows } = await connection.ask(texts.beat, [node, epoch])
        return rows[0] && Number(rows[0].gap)
      }, undefined),
    orphans: () =>
      unlessAway(async () => {
        const { rows } = await connection.ask(texts.orphans, [deadAfterMs])
        return rows.map(readReservation).map(({ id, node, epoch }) => ({ id, node, epoch }))
      }, []),
    audit: (pass) =>
      unlessAway(
        () => transaction(pool, 'BEGIN ISOLATION LEVEL REPEATABLE READ', (inside) => auditSlice(inside, pass)),
        { ok: false },
      ),
    async account(id) {
      const { rows } = await connection.ask('SELECT * FROM ledger_accounts WHERE id = $1', [id])
      return rows.map(readAccount)[0]
    },
    async reservation(id) {
      const { rows } = await connection.ask('SELECT * FROM ledger_reservations WHERE id = $1', [id])
      return rows.map(readReservation)[0]
    },
    async operation(id) {
      const { rows } = await connection.ask('SELECT * FROM ledger_transfers WHERE operation = $1 ORDER BY leg', [id])
      return rows.map(readTransfer)
    },
    async transfersOf(reservation) {
      const { rows } = await connection.ask(texts.transfersOf, [`settle/${reservation}`, reservation])
      return rows.map(readTransfer)
    },
    async statement({ account, limit, before }) {
      const { rows } = await connection.ask(texts.statement, [
        account,
        before?.batch ?? Number.MAX_SAFE_INTEGER,
        before?.n ?? 0,
        limit,
      ])
      return rows.map(readEntry)
    },
    close: () => pool.end(),
  }
}

/** How often a batch is decided again at once because others were faster. */
const collisions = 5

async function commit(
  pool: pg.Pool,
  batch: { readonly node: string; readonly epoch: number; readonly commands: readonly Command[] },
): Promise<Committed> {
  for (let tries = 1; ; tries++) {
    try {
      return { ok: true, answers: await commitOnce(pool, batch) }
    } catch (error) {
      if (!(error instanceof Outage)) throw error
      if (!error.isCollision || tries === collisions) return { ok: false, cause: error }
    }
  }
}

const commitOnce = (
  pool: pg.Pool,
  { node, epoch, commands }: { readonly node: string; readonly epoch: number; readonly commands: readonly Command[] },
) =>
  transaction(pool, 'BEGIN', async (connection) => {
    const state = await read(connection, commands, node)
    const context = await contextOf(connection, node, epoch)
    const { changes, answers } = decide(state, commands, context)
    await write(connection, changes, context.batch)
    return answers
  })

async function enroll(pool: pg.Pool, node: string): Promise<number> {
  const connection = connectionOf(pool)
  await connection.ask(texts.forgetNodes)
  const { rows } = await connection.ask(texts.enroll, [node])
  return Number(rows[0]?.epoch)
}

const texts = {
  enroll: `INSERT INTO ledger_nodes (node, epoch, beat_at) VALUES ($1, 1, ${databaseTime})
    ON CONFLICT (node) DO UPDATE SET epoch = ledger_nodes.epoch + 1, beat_at = excluded.beat_at RETURNING epoch`,
  /** A node that is not listed is as dead as one that was not heard of. */
  forgetNodes: `DELETE FROM ledger_nodes WHERE beat_at < ${databaseTime} - 86400000`,
  beat: `UPDATE ledger_nodes AS it SET beat_at = ${databaseTime}
    FROM (SELECT beat_at FROM ledger_nodes WHERE node = $1 AND epoch = $2 FOR UPDATE) AS before
    WHERE it.node = $1 AND it.epoch = $2 RETURNING it.beat_at - before.beat_at AS gap`,
  orphans: `SELECT r.* FROM ledger_reservations r
    LEFT JOIN ledger_nodes n ON n.node = r.node AND n.epoch = r.epoch
    WHERE r.state = 'open' AND (n.node IS NULL OR n.beat_at < ${databaseTime} - $1::bigint) LIMIT 1000`,
  /** Both sides by an index of their own, each no longer than the answer. */
  statement: `SELECT * FROM (
      (SELECT * FROM ledger_transfers WHERE debit = $1 AND kind IN ('charge', 'adjust')
        AND (batch, n) < ($2, $3) ORDER BY batch DESC, n DESC LIMIT $4)
      UNION ALL
      (SELECT * FROM ledger_transfers WHERE credit = $1 AND kind IN ('credit', 'adjust')
        AND (batch, n) < ($2, $3) ORDER BY batch DESC, n DESC LIMIT $4)
    ) AS entry ORDER BY batch DESC, n DESC LIMIT $4`,
  transfersOf: `SELECT * FROM ledger_transfers
    WHERE operation = $1 OR (reservation = $2 AND actor <> '' AND reservation <> '') ORDER BY batch, n`,
} as const
