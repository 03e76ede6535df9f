/** Orders that an operator can lay over each other, by name. */
export const policyNames = ['priority', 'same_dialect', 'weight', 'fastest', 'cheapest'] as const
export type PolicyName = (typeof policyNames)[number]

/** How the operator wants candidates ordered, and who stands in for whom. */
export interface Routing {
  /** The first counts most. What is equal by all of them is drawn by weight. */
  readonly policies: readonly PolicyName[]
  /** Models to ask when none that serves the first can answer; by name or glob, the first that matches counts. */
  readonly fallbacks: readonly Fallback[]
  /** How many attempts after the first each request earns. */
  readonly retryRatio: number
}

export interface Fallback {
  readonly name: string
  readonly models: readonly string[]
}

export const defaultRouting: Routing = {
  policies: ['priority', 'same_dialect', 'weight'],
  fallbacks: [],
  retryRatio: 0.1,
}
