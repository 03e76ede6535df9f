import { dialectIds } from '../../src/model/dialect.ts'
import type { Verdict } from './trial.ts'

/** A row for every tool and what it did, a column for every upstream format, in Markdown. */
export function writeTable(verdicts: readonly Verdict[]): string {
  const rows = Map.groupBy(verdicts, ({ client, item }) => `| ${client.name} | ${item.name} |`)
  return [
    `| tool | case | ${dialectIds.join(' | ')} |`,
    `| --- | --- |${' --- |'.repeat(dialectIds.length)}`,
    ...[...rows].map(
      ([head, cells]) => `${head} ${dialectIds.map((dialect) => writeCell(cells, dialect)).join(' | ')} |`,
    ),
  ].join('\n')
}

function writeCell(cells: readonly Verdict[], dialect: string): string {
  const verdict = cells.find((cell) => cell.dialect === dialect)
  if (verdict === undefined) return '–'
  return `${verdict.problem === undefined ? 'ok' : '**failed**'} ${verdict.seconds.toFixed(1)} s`
}
