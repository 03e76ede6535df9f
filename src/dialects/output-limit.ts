/**
 * The most tokens that an answer may have by what its request says: the largest, since servers differ in the field that they
 * heed. What is not above 0 limits nothing: some refuse it, others take it for no limit.
 */
export function outputLimit(...told: readonly unknown[]): number | undefined {
  const limits = told.filter((limit) => typeof limit === 'number' && limit > 0 && Number.isFinite(limit))
  return limits.length === 0 ? undefined : Math.ceil(Math.max(...(limits as number[])))
}
