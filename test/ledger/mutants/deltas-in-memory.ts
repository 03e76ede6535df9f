import type { CommandOf } from '../../../src/ledger/command.ts'
import type { LedgerStore } from '../../../src/ledger/store.ts'
import { nano } from '../../../src/model/money.ts'
import { goodLedger, type Variant } from '../simulator/simulate.ts'
import type { World } from '../simulator/world.ts'

const flushEveryMs = 5_000

/** Says "settled" when a charge is in a list, and writes the list down every now and then. */
export const deltasInMemory: Variant = { ...goodLedger, name: 'deltas in memory', wrapStore: withList }

function withList(store: LedgerStore, world: World): LedgerStore {
  const list: CommandOf<'settle'>[] = []
  const flush = (): void => {
    const some = list.splice(0)
    if (some.length > 0) store.commit(some).then(({ ok }) => (ok ? undefined : list.push(...some)))
    world.after(flushEveryMs, flush)
  }
  world.after(flushEveryMs, flush)
  return {
    ...store,
    async commit(commands) {
      const others = commands.filter((command) => command.do !== 'settle')
      const committed = await store.commit(others)
      if (!committed.ok) return committed
      const answers = [...committed.answers]
      return {
        ok: true,
        answers: commands.flatMap((command) => {
          if (command.do !== 'settle') return answers.splice(0, 1)
          list.push(command)
          return [{ is: 'settled', charged: command.charge, excess: nano(0n), repeated: false }]
        }),
      }
    },
  }
}
