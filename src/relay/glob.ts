const compiled = new Map<string, RegExp>()

/** Whether a name matches a pattern in which `*` stands for any characters, slashes too. Other characters mean themselves. */
export function matchesGlob(pattern: string, name: string): boolean {
  if (!pattern.includes('*')) return pattern === name
  let expression = compiled.get(pattern)
  if (!expression) {
    // Patterns come from the operator's configuration, so their number is bounded. Runs of stars would backtrack.
    const source = pattern
      .replace(/\*+/g, '*')
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
    expression = new RegExp(`^${source}$`, 's')
    compiled.set(pattern, expression)
  }
  return expression.test(name)
}
