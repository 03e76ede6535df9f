import { type Kysely, type RawBuilder, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

/** What engines say differently. */
export interface Engine {
  /** Ends a table whose rows lie in the order of their key. */
  readonly clustered: RawBuilder<unknown>
  /** What a database of several processes has for their shares of accounts. */
  readonly forShares: readonly RawBuilder<unknown>[]
}

export const sqliteEngine: Engine = { clustered: sql`without rowid`, forShares: [] }
export const postgresEngine: Engine = {
  clustered: sql``,
  forShares: [sql`create index ledger_shares on ledger_accounts (id) where starts_with(id, 'share/')`],
}

/** Every step of the schema, in order, by a name that sorts. A step that has landed is never edited. */
const migrations = (engine: Engine): Record<string, Migration> => ({
  '001-ledger': {
    async up(db) {
      await db.schema
        .createTable('ledger_accounts')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('balance', 'bigint', (column) => column.notNull())
        .addColumn('held', 'bigint', (column) => column.notNull().check(sql`held >= 0`))
        .addColumn('floor', 'bigint', (column) => column.notNull().check(sql`floor <= 0`))
        .addColumn('version', 'bigint', (column) => column.notNull())
        .addColumn('batch', 'bigint', (column) => column.notNull())
        .modifyEnd(engine.clustered)
        .execute()
      await db.schema
        .createTable('ledger_reservations')
        .addColumn('id', 'text', (column) => column.primaryKey().notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('accounts', 'text', (column) => column.notNull())
        .addColumn('asked', 'bigint', (column) => column.notNull())
        .addColumn('amount', 'bigint', (column) => column.notNull())
        .addColumn('checkpoint', 'bigint', (column) => column.notNull())
        .addColumn('charged', 'bigint', (column) => column.notNull())
        .addColumn('excess', 'bigint', (column) => column.notNull())
        .addColumn('source', 'text', (column) => column.notNull())
        .addColumn('price', 'text', (column) => column.notNull())
        .addColumn('node', 'text', (column) => column.notNull())
        .addColumn('epoch', 'bigint', (column) => column.notNull())
        .addColumn('ticket', 'bigint', (column) => column.notNull())
        .addColumn('reserved_at', 'bigint', (column) => column.notNull())
        .addColumn('resolved_at', 'bigint', (column) => column.notNull())
        .addColumn('batch', 'bigint', (column) => column.notNull())
        .modifyEnd(engine.clustered)
        .execute()
      await sql`create index ledger_reservations_open on ledger_reservations (node, epoch) where state = 'open'`.execute(
        db,
      )
      await db.schema
        .createTable('ledger_transfers')
        .addColumn('batch', 'bigint', (column) => column.notNull())
        .addColumn('n', 'bigint', (column) => column.notNull())
        .addColumn('operation', 'text', (column) => column.notNull())
        .addColumn('leg', 'bigint', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('debit', 'text', (column) => column.notNull())
        .addColumn('credit', 'text', (column) => column.notNull())
        .addColumn('amount', 'bigint', (column) => column.notNull().check(sql`amount > 0`))
        .addColumn('reservation', 'text', (column) => column.notNull())
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('reason', 'text', (column) => column.notNull())
        .addColumn('price', 'text', (column) => column.notNull())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('ledger_transfers_key', ['batch', 'n'])
        .modifyEnd(engine.clustered)
        .execute()
      // Nothing is moved twice, whatever a bug above may do.
      await sql`create unique index ledger_transfers_once on ledger_transfers (operation, leg)`.execute(db)
      await sql`create index ledger_corrections on ledger_transfers (reservation) where actor <> '' and reservation <> ''`.execute(
        db,
      )
      await sql`create index ledger_statement_out on ledger_transfers (debit, batch) where kind in ('charge', 'adjust')`.execute(
        db,
      )
      await sql`create index ledger_statement_in on ledger_transfers (credit, batch) where kind in ('credit', 'adjust')`.execute(
        db,
      )
      await db.schema
        .createTable('ledger_nodes')
        .addColumn('node', 'text', (column) => column.primaryKey().notNull())
        .addColumn('epoch', 'bigint', (column) => column.notNull())
        .addColumn('beat_at', 'bigint', (column) => column.notNull())
        .execute()
      // The sum of each account's transfers of all batches before the mark.
      await db.schema
        .createTable('ledger_proofs')
        .addColumn('account', 'text', (column) => column.primaryKey().notNull())
        .addColumn('balance', 'bigint', (column) => column.notNull())
        .modifyEnd(engine.clustered)
        .execute()
      await db.schema
        .createTable('ledger_mark')
        .addColumn('id', 'bigint', (column) => column.primaryKey().notNull())
        .addColumn('batch', 'bigint', (column) => column.notNull())
        .execute()
      await sql`insert into ledger_mark (id, batch) values (1, 0)`.execute(db)
    },
  },
  '002-shares': {
    async up(db) {
      for (const step of engine.forShares) await step.execute(db)
    },
  },
  '003-memos': {
    async up(db) {
      await db.schema
        .alterTable('ledger_reservations')
        .addColumn('memo', 'text', (column) => column.notNull().defaultTo(''))
        .execute()
    },
  },
})

/**
 * Brings the schema up to date.
 * @throws Error when a step fails or the database is newer than this program.
 */
export async function migrateLedger(db: Kysely<unknown>, engine: Engine): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations(engine) },
    migrationTableName: 'ledger_migration',
    migrationLockTableName: 'ledger_migration_lock',
  })
  const { error } = await migrator.migrateToLatest()
  if (error) throw new Error('the ledger could not be brought up to date', { cause: error })
}
