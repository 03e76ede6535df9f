/** The known names that look most like `name`, nearest first; none that differ in more than a third of their letters. */
export function nearestNames(name: string, known: readonly string[], most = 3): string[] {
  const wanted = lettersOf(name)
  return known
    .map((candidate) => ({ candidate, ...compare(wanted, lettersOf(candidate)) }))
    .filter(({ distance, length }) => distance <= length / 3)
    .sort((left, right) => left.distance - right.distance || left.candidate.localeCompare(right.candidate))
    .slice(0, most)
    .map(({ candidate }) => candidate)
}

/** Names come from outside: beyond this many letters they are not looked at, to bound the work. */
const longest = 100

const lettersOf = (name: string): string[] => [...name.slice(0, longest).toLowerCase()]

/** How many letters must be added, removed or changed, and how many the longer name has. */
function compare(left: readonly string[], right: readonly string[]): { distance: number; length: number } {
  let above = Array.from({ length: right.length + 1 }, (_, at) => at)
  for (const [row, letter] of left.entries()) {
    const current = [row + 1]
    for (const [column, other] of right.entries())
      current.push(
        Math.min(
          (above[column] ?? 0) + (letter === other ? 0 : 1),
          (above[column + 1] ?? 0) + 1,
          (current[column] ?? 0) + 1,
        ),
      )
    above = current
  }
  return { distance: above.at(-1) ?? 0, length: Math.max(left.length, right.length) }
}
