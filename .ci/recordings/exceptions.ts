/** A table of exceptions from the rule, each with its reason, that counts how often each was needed. */
export class Exceptions<Row extends { readonly why: string }> {
  readonly #rows: readonly Row[]
  readonly #counts = new Map<Row, number>()

  constructor(rows: readonly Row[]) {
    this.#rows = rows
  }

  /** Whether a row fits; the first that does is counted. */
  has(fits: (row: Row) => boolean): boolean {
    const row = this.#rows.find(fits)
    if (row) this.#counts.set(row, (this.#counts.get(row) ?? 0) + 1)
    return row !== undefined
  }

  /** Reasons that were never needed. */
  get unused(): readonly string[] {
    return this.#rows.filter((row) => !this.#counts.has(row)).map(({ why }) => why)
  }

  toString(): string {
    return this.#rows.map((row) => `${String(this.#counts.get(row) ?? 0).padStart(6)}  ${row.why}`).join('\n')
  }
}
