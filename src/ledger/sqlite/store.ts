import { isSqliteOutage } from '../../store/sqlite-fault.ts'
import type { Lives } from '../lives.ts'
import type { LedgerStore } from '../store.ts'
import { type Book, onlyNode, openBook } from './book.ts'
import { openRemote, type Remote } from './remote.ts'

/**
 * The ledger in a file, in a thread of its own so that nobody here waits for the disk; `:memory:` has no disk to wait for.
 * @throws Error when it cannot be opened.
 */
export async function openSqliteLedger(path: string): Promise<LedgerStore & Lives> {
  return storeOf(path === ':memory:' ? near(await openBook(path)) : await openRemote(path))
}

const near = (book: Book): Remote => ({
  epoch: book.epoch,
  ask: async (method, argument) => book[method](argument as never) as never,
  close: async () => book.close(),
})

function storeOf({ epoch, ask, close }: Remote): LedgerStore & Lives {
  return {
    node: onlyNode,
    epoch,
    async commit(commands) {
      try {
        return { ok: true, answers: await ask('commit', commands) }
      } catch (error) {
        if (isSqliteOutage(error)) return { ok: false, cause: error }
        throw error
      }
    },
    // Nobody else is there to be told.
    beat: async () => 0,
    orphans: () => ask('orphans', undefined),
    shares: async () => [],
    async audit(pass) {
      try {
        return { ok: true, ...(await ask('audit', pass)) }
      } catch (error) {
        if (isSqliteOutage(error)) return { ok: false }
        throw error
      }
    },
    account: (id) => ask('account', id),
    reservation: (id) => ask('reservation', id),
    operation: (id) => ask('operation', id),
    transfersOf: (reservation) => ask('transfersOf', reservation),
    statement: (asked) => ask('statement', asked),
    alive: async () => [{ node: onlyNode, epoch }],
    newest: () => ask('newest', undefined),
    charged: (asked) => ask('charged', asked),
    close,
  }
}
