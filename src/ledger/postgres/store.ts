import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import { type Terms, usualTerms } from '../lease/leasing.ts'
import { trafficOf } from '../lease/traffic.ts'
import type { Lives } from '../lives.ts'
import { readReservation } from '../rows.ts'
import { migrateLedger, postgresEngine } from '../schema.ts'
import type { LedgerStore, Share } from '../store.ts'
import { deadAfterMs } from '../sweeper.ts'
import { auditSlice } from './audit.ts'
import { type Committer, commit } from './commit.ts'
import { connectionOf, Outage, poolOf, transaction } from './connection.ts'
import { databaseTime } from './read.ts'
import { readings } from './readings.ts'

export interface PostgresLedger {
  readonly url: string
  /** Unlike that of every other process on this database. */
  readonly node: string
  /** When shares of accounts are drawn. */
  readonly terms?: Terms
}

type Process = Pick<Committer, 'node' | 'epoch' | 'terms'>

/**
 * The ledger in PostgreSQL, shared by any number of processes.
 * @throws Error when it cannot be reached or brought up to date.
 */
export async function openPostgresLedger({
  url,
  node,
  terms = usualTerms,
}: PostgresLedger): Promise<LedgerStore & Lives> {
  const pool = poolOf(url)
  try {
    await migrateLedger(new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) }), postgresEngine)
    return storeOf(pool, { node, epoch: await enroll(pool, node), terms })
  } catch (error) {
    await pool.end()
    throw error
  }
}

function storeOf(pool: pg.Pool, { node, epoch, terms }: Process): LedgerStore & Lives {
  const connection = connectionOf(pool)
  const unlessAway = async <T>(run: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      if (error instanceof Outage) return otherwise
      throw error
    }
  }
  const traffic = trafficOf({ terms, node, nowMs: () => performance.now() })
  const committer: Committer = { pool, node, epoch, terms, traffic }
  const shares = async (): Promise<readonly Share[]> => {
    const { rows } = await connection.ask(texts.shares)
    return rows.map(({ id, version }) => ({ id: String(id), version: Number(version) }))
  }
  /** Whoever comes after would send them home too, only later. */
  const bringHome = async (): Promise<void> => {
    const own = (await shares()).filter(({ id }) => traffic.drawn().has(id))
    const home = own.map(({ id, version }) => ({ do: 'return', share: id, version }) as const)
    if (home.length > 0) await commit(committer, home)
  }
  return {
    node,
    epoch,
    commit: (commands) => commit(committer, commands),
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
    shares: () => unlessAway(shares, []),
    alive: () =>
      unlessAway(async () => {
        const { rows } = await connection.ask(texts.alive, [deadAfterMs])
        return rows.map((row) => ({ node: String(row.node), epoch: Number(row.epoch) }))
      }, undefined),
    audit: (pass) =>
      unlessAway(
        () => transaction(pool, 'BEGIN ISOLATION LEVEL REPEATABLE READ', (inside) => auditSlice(inside, pass)),
        { ok: false },
      ),
    ...readings(connection),
    async close() {
      if (traffic.drawn().size > 0) await unlessAway(bringHome, undefined)
      await pool.end()
    },
  }
}

async function enroll(pool: pg.Pool, node: string): Promise<number> {
  const connection = connectionOf(pool)
  await connection.ask(texts.forgetNodes)
  const { rows } = await connection.ask(texts.enroll, [node])
  return Number(rows[0]?.epoch)
}

const texts = {
  alive: `SELECT node, epoch FROM ledger_nodes WHERE beat_at >= ${databaseTime} - $1::bigint`,
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
  shares: `SELECT id, version FROM ledger_accounts WHERE starts_with(id, 'share/') AND balance > held LIMIT 1000`,
} as const
