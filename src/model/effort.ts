import { type Effort, efforts, type ThinkingControl } from './request.ts'

/** From which budget in tokens on a level is meant, falling. */
const levels: readonly (readonly [number, Effort])[] = [
  [49_152, 'max'],
  [24_576, 'xhigh'],
  [12_288, 'high'],
  [4_096, 'medium'],
  [1_024, 'low'],
  [1, 'minimal'],
]

/** Shares of a model's longest output. `minimal` is a number of tokens and stands apart. */
const shares = { low: 0.1, medium: 0.3, high: 0.6, xhigh: 0.9, max: 0.95 } as const satisfies Partial<
  Record<Effort, number>
>

const minimalTokens = 512

/** The level that a number of thinking tokens stands for. "Left to the model" (-1) is no level: do not ask. */
export const effortFromBudget = (tokens: number): Effort => levels.find(([from]) => tokens >= from)?.[1] ?? 'none'

/**
 * Thinking tokens for a level, within what the model takes. The caller keeps it below the request's own output limit.
 * @param limits all in tokens; `maxOutput` is the model's, not the request's.
 */
export function budgetFromEffort(
  effort: Effort,
  limits: { readonly maxOutput: number; readonly min: number; readonly max: number },
): number {
  if (effort === 'none') return 0
  const wanted = effort === 'minimal' ? minimalTokens : Math.floor(limits.maxOutput * shares[effort])
  return Math.max(limits.min, Math.min(limits.max, wanted))
}

/**
 * The accepted level that comes closest: itself, the next lower, the next higher. Thinking that was asked for is never
 * switched off; `none` may become the lowest level, and the caller tells that as a loss. Undefined: the model has no levels.
 */
export function nearestEffort(effort: Effort, accepted: readonly Effort[]): Effort | undefined {
  if (accepted.includes(effort)) return effort
  const rank = efforts.indexOf(effort)
  const positive = efforts.filter((level) => level !== 'none' && accepted.includes(level))
  return positive.findLast((level) => efforts.indexOf(level) < rank) ?? positive[0]
}

/** The level that the client wants, if it said anything a level can be read from. */
export function wantedEffort(control: ThinkingControl): Effort | undefined {
  if (control.mode === 'off') return 'none'
  if (control.effort !== undefined) return control.effort
  return control.budget !== undefined && control.budget >= 0 ? effortFromBudget(control.budget) : undefined
}
