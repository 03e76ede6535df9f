import type { Exceptions } from './exceptions.ts'

/** One thing that was compared and differs. */
export interface Difference {
  readonly field: string
  readonly expected: unknown
  readonly got: unknown
}

/** Counts by row and column, and a line for each failure. */
export class Report {
  readonly #title: string
  readonly #exceptions: Readonly<Record<string, Exceptions<{ readonly why: string }>>>
  readonly #counts = new Map<string, Map<string, { passed: number; failed: number }>>()
  readonly #lines: string[] = []
  passed = 0
  failed = 0

  constructor(title: string, exceptions: Readonly<Record<string, Exceptions<{ readonly why: string }>>>) {
    this.#title = title
    this.#exceptions = exceptions
  }

  /** Fails for each exception that nothing needs any more; to be called when everything was checked. */
  checkExceptions(): void {
    for (const [table, { unused }] of Object.entries(this.#exceptions))
      for (const why of unused) {
        this.failed++
        this.#lines.push(`${table}: needed by nothing any more: ${why}`)
      }
  }

  add(what: { row: string; column: string; name: string }, differences: readonly Difference[]): void {
    const row = this.#counts.get(what.row) ?? new Map<string, { passed: number; failed: number }>()
    this.#counts.set(what.row, row)
    const cell = row.get(what.column) ?? { passed: 0, failed: 0 }
    row.set(what.column, cell)
    if (differences.length === 0) {
      cell.passed++
      this.passed++
      return
    }
    cell.failed++
    this.failed++
    for (const { expected, field, got } of differences)
      this.#lines.push(`${what.name} | ${what.row} → ${what.column} | ${field} | ${brief(expected)} | ${brief(got)}`)
  }

  toString(): string {
    const columns = [...new Set([...this.#counts.values()].flatMap((row) => [...row.keys()]))]
    const cellOf = (row: string, column: string) => {
      const cell = this.#counts.get(row)?.get(column)
      if (!cell) return '-'
      return cell.failed > 0 ? `${cell.passed} (${cell.failed} failed)` : `${cell.passed}`
    }
    const rows = [
      ['', ...columns],
      ...[...this.#counts.keys()].map((row) => [row, ...columns.map((column) => cellOf(row, column))]),
    ]
    const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? []
    const table = rows.map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    const exceptions = Object.entries(this.#exceptions).flatMap(([name, rows]) => ['', name, `${rows}`])
    return [...this.#lines, '', this.#title, ...table, ...exceptions].join('\n')
  }
}

const brief = (value: unknown): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? 'nothing')
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}
