/** One line of the result. */
export interface Row {
  readonly figure: string
  readonly value: number | undefined
  readonly unit: string
  /** How many times what the minimal proxy, or nginx, needs. */
  readonly toMinimal?: number | undefined
  readonly toNginx?: number | undefined
  /** What we hold ourselves to. */
  readonly limit?: string
}

const headings = ['figure', 'value', 'to the minimal proxy', 'to nginx', 'limit']

/** As Markdown. */
export const table = (rows: readonly Row[]): string =>
  [headings, headings.map(() => '---'), ...rows.map(cells)].map((row) => `| ${row.join(' | ')} |`).join('\n')

const cells = ({ figure, limit, toMinimal, toNginx, unit, value }: Row): readonly string[] => [
  figure,
  value === undefined ? '–' : `${rounded(value)} ${unit}`,
  ratio(toMinimal),
  ratio(toNginx),
  limit ?? '',
]

const ratio = (value: number | undefined): string => (value === undefined ? '' : `× ${value.toFixed(2)}`)

/** Three digits that matter. */
const rounded = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)))
