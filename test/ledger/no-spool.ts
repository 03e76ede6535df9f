import type { Command } from '../../src/ledger/command.ts'
import type { Spool } from '../../src/ledger/spool.ts'

/** A spool in memory; what it keeps is plain to see. */
export function noSpool(left: readonly Command[] = []): Spool & { readonly kept: Command[]; cleared: number } {
  const spool = {
    left,
    kept: [] as Command[],
    cleared: 0,
    async keep(command: Command) {
      spool.kept.push(command)
      return true
    },
    async clear() {
      spool.cleared++
    },
    close: async () => {},
  }
  return spool
}
