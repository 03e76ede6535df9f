import type { Budget, KeyScope } from '../model/account.ts'

/** Money is kept as digits: JSON's numbers end at 2^53. */
export const writeScope = (scope: KeyScope): string =>
  JSON.stringify(scope, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))

export function readScope(text: string): KeyScope {
  // Only `writeScope` writes this column.
  const { budget, ...scope } = JSON.parse(text) as Omit<KeyScope, 'budget'> & { budget?: Record<keyof Budget, string> }
  if (!budget) return scope
  return { ...scope, budget: Object.fromEntries(Object.entries(budget).map(([name, nano]) => [name, BigInt(nano)])) }
}
