const contextLines = 3

type Step = { readonly sign: ' ' | '-' | '+'; readonly line: string }

/** The change of a text as a unified diff; empty where nothing changes. Keys are shortened by `mask`. */
export function diff(path: string, before: string, after: string, mask: (line: string) => string): string {
  const steps = stepsBetween(linesOf(before), linesOf(after))
  const hunks = hunksOf(steps)
  if (hunks.length === 0) return ''
  const head = [`--- ${before === '' ? '/dev/null' : path}`, `+++ ${path}`]
  return [...head, ...hunks.flat()].map(mask).join('\n')
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/))

/** What both have in front and at the end is not compared again: the table in between stays small. */
function stepsBetween(before: readonly string[], after: readonly string[]): Step[] {
  let front = 0
  while (front < before.length && front < after.length && before[front] === after[front]) front++
  let back = 0
  while (back < before.length - front && back < after.length - front && before.at(-1 - back) === after.at(-1 - back))
    back++
  const same = (lines: readonly string[]): Step[] => lines.map((line) => ({ sign: ' ', line }))
  return [
    ...same(before.slice(0, front)),
    ...middle(before.slice(front, before.length - back), after.slice(front, after.length - back)),
    ...same(before.slice(before.length - back)),
  ]
}

/** By the longest common subsequence. */
function middle(before: readonly string[], after: readonly string[]): Step[] {
  const common = before
    .map(() => new Array<number>(after.length + 1).fill(0))
    .concat([new Array(after.length + 1).fill(0)])
  const at = (row: number, column: number): number => common[row]?.[column] ?? 0
  for (let row = before.length - 1; row >= 0; row--)
    for (let column = after.length - 1; column >= 0; column--) {
      const line = common[row]
      if (line)
        line[column] =
          before[row] === after[column]
            ? at(row + 1, column + 1) + 1
            : Math.max(at(row + 1, column), at(row, column + 1))
    }
  const steps: Step[] = []
  let row = 0
  let column = 0
  while (row < before.length || column < after.length) {
    const [old = '', fresh = ''] = [before[row], after[column]]
    if (row < before.length && column < after.length && old === fresh) {
      steps.push({ sign: ' ', line: old })
      row++
      column++
    } else if (row < before.length && (column >= after.length || at(row + 1, column) >= at(row, column + 1))) {
      steps.push({ sign: '-', line: old })
      row++
    } else {
      steps.push({ sign: '+', line: fresh })
      column++
    }
  }
  return steps
}

function hunksOf(steps: readonly Step[]): string[][] {
  const hunks: string[][] = []
  let from = 0
  while (from < steps.length) {
    const first = steps.findIndex(({ sign }, at) => at >= from && sign !== ' ')
    if (first < 0) break
    let last = first
    for (let at = first; at < steps.length && at - last <= 2 * contextLines; at++)
      if (steps[at]?.sign !== ' ') last = at
    const start = Math.max(from, first - contextLines)
    const end = Math.min(steps.length, last + contextLines + 1)
    hunks.push(hunk(steps, start, end))
    from = end
  }
  return hunks
}

function hunk(steps: readonly Step[], start: number, end: number): string[] {
  const count = (from: number, to: number, sign: '-' | '+'): number =>
    steps.slice(from, to).filter((step) => step.sign === ' ' || step.sign === sign).length
  const range = (sign: '-' | '+'): string => {
    const length = count(start, end, sign)
    return `${count(0, start, sign) + (length > 0 ? 1 : 0)},${length}`
  }
  return [`@@ -${range('-')} +${range('+')} @@`, ...steps.slice(start, end).map(({ line, sign }) => `${sign}${line}`)]
}
