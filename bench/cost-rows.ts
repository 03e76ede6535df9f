import { type Cell, cellOf, overRounds } from './rounds.ts'
import { comparedWith, type SubjectName, subjectNames, subjects } from './subjects.ts'
import type { Row } from './table.ts'
import type { TargetName } from './targets.ts'

type Rounds = readonly (readonly Cell[])[]

const figures: Readonly<Record<SubjectName, { readonly title: string; readonly limit: string }>> = {
  'messages whole': { title: 'forwarded, Anthropic → Anthropic', limit: '≤ × 1.3, × 2 with the ledger' },
  'chat whole': { title: 'forwarded, chat → chat', limit: '≤ × 1.3, × 2 with the ledger' },
  'translated whole': { title: 'translated, Anthropic → chat', limit: '' },
  'messages stream': { title: 'forwarded stream, Anthropic → Anthropic', limit: '≤ × 1.15' },
  'chat stream': { title: 'forwarded stream, chat → chat', limit: '≤ × 1.15' },
  'translated stream': { title: 'translated stream, Anthropic → chat', limit: '≤ × 1.6' },
}

/** CPU time of the gateway for each subject, and what the others need beside it. */
export const costRows = (rounds: Rounds): Row[] => subjectNames.flatMap((subject) => rowsOf(rounds, subject))

function rowsOf(rounds: Rounds, subject: SubjectName): Row[] {
  const { limit, title } = figures[subject]
  const isWhole = subjects[subject].shape === 'whole'
  const unit = isWhole ? 'µs a request' : 'µs an event'
  const cpu = (target: TargetName) => (round: readonly Cell[]) =>
    cellOf(round, target, target === 'causeway' ? subject : comparedWith(subject))?.cpuUs
  const ratioTo = (target: TargetName) =>
    overRounds(rounds, (round) => {
      const [own, other] = [cpu('causeway')(round), cpu(target)(round)]
      return own === undefined || other === undefined ? undefined : own / other
    })
  const row: Row = {
    figure: `CPU, ${title}`,
    value: overRounds(rounds, cpu('causeway')),
    unit,
    toMinimal: ratioTo('minimal'),
    toNginx: ratioTo('nginx'),
    limit,
  }
  if (comparedWith(subject) !== subject) return [row]
  const others = (['minimal', 'nginx'] as const).map((target) => ({
    figure: `– the same through ${target === 'nginx' ? 'nginx' : 'the minimal proxy'}`,
    value: overRounds(rounds, cpu(target)),
    unit,
  }))
  return [row, ...others]
}

/** Whole answers a second, when client, upstream and target share the machine. */
export const throughputRows = (rounds: Rounds): Row[] =>
  subjectNames
    .filter((subject) => subjects[subject].shape === 'whole')
    .map((subject) => {
      const rate = (target: TargetName) =>
        overRounds(
          rounds,
          (round) => cellOf(round, target, target === 'causeway' ? subject : comparedWith(subject))?.requestsPerSecond,
        )
      const [own, minimal, nginx] = [rate('causeway'), rate('minimal'), rate('nginx')]
      return {
        figure: `throughput, ${figures[subject].title}`,
        value: own,
        unit: 'requests a second',
        toMinimal: own !== undefined && minimal !== undefined ? own / minimal : undefined,
        toNginx: own !== undefined && nginx !== undefined ? own / nginx : undefined,
      }
    })
