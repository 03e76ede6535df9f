import { eventsPerAnswer } from './exchanges.ts'
import type { LoadProcess } from './load-process.ts'
import { median } from './median.ts'
import { cpuUs } from './process-cost.ts'
import { comparedWith, type SubjectName, subjectNames, subjects } from './subjects.ts'
import type { Target, TargetName } from './targets.ts'

export interface Amounts {
  readonly rounds: number
  readonly wholeRequests: number
  /** Streams that run at one time, and all of one cell. */
  readonly streams: { readonly connections: number; readonly requests: number }
}

/** One target with one subject, once. */
export interface Cell {
  readonly target: TargetName
  readonly subject: SubjectName
  /** CPU time of the target for a request, or for an event of a stream. */
  readonly cpuUs: number
  readonly requestsPerSecond: number
}

const wholeConnections = 32

/** A B C, A B C, …: what disturbs the machine for a while disturbs all of them. */
export async function runRounds(
  load: LoadProcess,
  targets: readonly Target[],
  amounts: Amounts,
  tell: (round: number) => void,
): Promise<readonly (readonly Cell[])[]> {
  const rounds: Cell[][] = []
  for (let round = 0; round < amounts.rounds; round++) {
    tell(round)
    rounds.push(await runRound(load, targets, amounts))
  }
  return rounds
}

/** One cell after the other. */
export async function runRound(load: LoadProcess, targets: readonly Target[], amounts: Amounts): Promise<Cell[]> {
  const cells: Cell[] = []
  for (const subject of subjectNames)
    for (const target of targets)
      if (target.name === 'causeway' || comparedWith(subject) === subject)
        cells.push(await runCell(load, target, subject, amounts))
  return cells
}

async function runCell(load: LoadProcess, target: Target, subject: SubjectName, amounts: Amounts): Promise<Cell> {
  const { exchange, shape } = subjects[subject]
  const size = shape === 'whole' ? { connections: wholeConnections, requests: amounts.wholeRequests } : amounts.streams
  const before = cpuUs(target.pid)
  const { seconds } = await load.measure({ kind: 'count', origin: target.origin, exchange, ...size })
  const spentUs = cpuUs(target.pid) - before
  return {
    target: target.name,
    subject,
    cpuUs: spentUs / size.requests / (shape === 'whole' ? 1 : eventsPerAnswer),
    requestsPerSecond: size.requests / seconds,
  }
}

/** The cell of one round; undefined where that target was not run. */
export const cellOf = (round: readonly Cell[], target: TargetName, subject: SubjectName): Cell | undefined =>
  round.find((cell) => cell.target === target && cell.subject === subject)

/** Median over the rounds of what is computed within each. */
export const overRounds = (
  rounds: readonly (readonly Cell[])[],
  compute: (round: readonly Cell[]) => number | undefined,
): number | undefined => median(rounds.map(compute).filter((value) => value !== undefined))
