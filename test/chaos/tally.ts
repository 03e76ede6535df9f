/** How often each invariant was looked at, and where it did not hold. */
export interface Tally {
  check(invariant: string, isSo: boolean, what: () => string): void
  readonly passed: number
  readonly failed: number
  /** Lines to be printed. */
  report(): readonly string[]
}

const mostShown = 5

export function tallyOf(): Tally {
  const rows = new Map<string, { passed: number; readonly failures: string[] }>()
  const sum = (count: (row: { passed: number; readonly failures: string[] }) => number): number =>
    [...rows.values()].reduce((total, row) => total + count(row), 0)
  return {
    check(invariant, isSo, what) {
      const row = rows.get(invariant) ?? { passed: 0, failures: [] }
      rows.set(invariant, row)
      if (isSo) row.passed++
      else row.failures.push(what())
    },
    get passed() {
      return sum(({ passed }) => passed)
    },
    get failed() {
      return sum(({ failures }) => failures.length)
    },
    report: () =>
      [...rows].flatMap(([invariant, { failures, passed }]) => [
        `${String(passed).padStart(7)} × ${invariant}`,
        ...failures.slice(0, mostShown).map((failure) => `  NOT: ${failure}`),
        ...(failures.length > mostShown ? [`  NOT: ${failures.length - mostShown} more`] : []),
      ]),
  }
}
