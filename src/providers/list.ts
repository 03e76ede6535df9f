import { providers } from './index.ts'

/** One line of `causeway providers`. */
export interface ProviderRow {
  readonly id: string
  readonly name: string
  readonly formats: readonly string[]
  readonly environment: readonly string[]
  /** Whether a channel must say its `base_url`. */
  readonly needsBaseUrl: boolean
  readonly docs: string
}

export const providerRows = (): ProviderRow[] =>
  [...providers.values()].map(({ id, name, formats, environment, baseUrl, docs }) => ({
    id,
    name,
    formats: Object.keys(formats),
    environment,
    needsBaseUrl: baseUrl === undefined,
    docs,
  }))

const columns = [
  { title: 'ID', cell: ({ id }: ProviderRow) => id },
  { title: 'FORMATS', cell: ({ formats }: ProviderRow) => formats.join(', ') },
  { title: 'KEY FROM', cell: ({ environment }: ProviderRow) => environment.join(', ') || '-' },
  { title: 'DOCS', cell: ({ docs }: ProviderRow) => docs },
] as const

/** The rows as a table for a terminal, a line each and a line of titles. */
export function providerTable(rows: readonly ProviderRow[] = providerRows()): string {
  const lines: string[][] = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ]
  const widths = columns.map((_column, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
