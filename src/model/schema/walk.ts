import type { References } from './references.ts'
import type { Rules } from './rules.ts'

/** What is known on the way through one schema. */
export interface Walk {
  readonly rules: Rules
  readonly references: References
  readonly lost: Set<string>
  /** References that were written out on the way to this node: one of them again is a cycle. */
  readonly refs: readonly string[]
  /** How many more nodes may be written behind references. */
  readonly budget: { nodes: number }
}
