import type { Answer } from '../ledger/answer.ts'
import type { RunningLedger, SeenCommit } from '../ledger/start.ts'
import { secondsOfCommits, sizesOfBatches } from './buckets.ts'
import { counted, counter, type Family, gauge, histogram } from './series.ts'

/** Counts what the ledger writes. */
export interface LedgerCounts {
  readonly families: readonly Family[]
  onCommit(commit: SeenCommit): void
}

/** What opens a hold, and what ends one, whoever has ended it. */
const opens: ReadonlySet<Answer['is']> = new Set(['reserved'])
const ends: ReadonlySet<Answer['is']> = new Set(['settled', 'voided', 'already settled', 'already voided'])

export function ledgerCounts(): LedgerCounts {
  const commits = counter({
    name: 'causeway_ledger_commits_total',
    help: 'Commits of the ledger; refused: the database did not take it, and it is tried again',
    labels: ['outcome'],
  })
  const durations = histogram(
    { name: 'causeway_ledger_commit_duration_seconds', help: 'How long commits of the ledger take' },
    secondsOfCommits,
  )
  const sizes = histogram(
    { name: 'causeway_ledger_commit_commands', help: 'Commands that shared a commit' },
    sizesOfBatches,
  )
  /** Of this process. */
  const holds = new Set<string>()
  const open = gauge(
    { name: 'causeway_ledger_open_holds', help: 'Reservations of this process that are not settled yet' },
    () => holds.size,
  )
  const written = commits.at('written')
  const refused = commits.at('refused')
  return {
    families: [commits, durations, sizes, open],
    onCommit({ commands, answers, durationMs }) {
      durations.at().observe(durationMs / 1_000)
      if (!answers) {
        refused.value++
        return
      }
      written.value++
      sizes.at().observe(commands.length)
      for (const [at, command] of commands.entries()) {
        const is = answers[at]?.is
        if (is === undefined || !('id' in command)) continue
        if (opens.has(is)) holds.add(command.id)
        else if (ends.has(is)) holds.delete(command.id)
      }
    },
  }
}

/** What the ledger and those who look after it know by themselves. */
export const ledgerFigures = ({ auditor, ledger, sweeper }: Pick<RunningLedger, 'auditor' | 'ledger' | 'sweeper'>) => [
  gauge(
    {
      name: 'causeway_ledger_difference_usd',
      help: 'Balances and holds against their histories, all differences added up: anything but 0 is a bug',
    },
    () => auditor.differences().reduce((sum, { is, shouldBe }) => sum + Math.abs(Number(is - shouldBe)), 0) / 1e9,
  ),
  gauge(
    { name: 'causeway_ledger_differences', help: 'Accounts that are not what their history says' },
    () => auditor.differences().length,
  ),
  gauge({ name: 'causeway_ledger_kept_commands', help: 'Commands on disk that the database could not take yet' }, () =>
    ledger.kept(),
  ),
  counted(
    { name: 'causeway_ledger_swept_total', help: 'Reservations that a dead process had left and that were ended' },
    () => sweeper.swept(),
  ),
]
