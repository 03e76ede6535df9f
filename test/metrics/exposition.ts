/** What a page of Prometheus' text format says. */
export interface Figures {
  /** Of exactly these labels; undefined when it is not there. */
  of(name: string, labels?: Readonly<Record<string, string>>): number | undefined
  /** Of all that have these labels and perhaps others. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number
}

interface Row {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  readonly value: number
}

export function read(text: string): Figures {
  const rows = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(readRow)
  const having = (name: string, labels: Readonly<Record<string, string>>): Row[] =>
    rows.filter(
      (row) => row.name === name && Object.entries(labels).every(([at, value]) => row.labels.get(at) === value),
    )
  return {
    of: (name, labels = {}) =>
      having(name, labels).find((row) => row.labels.size === Object.keys(labels).length)?.value,
    sum: (name, labels = {}) => having(name, labels).reduce((sum, { value }) => sum + value, 0),
  }
}

function readRow(line: string): Row {
  const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (name === '') throw new Error(`no line of the format: ${line}`)
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
  return { name, labels: new Map(pairs.map(([, at = '', text = '']) => [at, text])), value: Number(value) }
}
