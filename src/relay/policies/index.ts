import type { PolicyName } from '../../model/routing.ts'
import { cheapestFirst } from './cheapest.ts'
import { fastestFirst } from './fastest.ts'
import type { Policy } from './policy.ts'
import { byPriority } from './priority.ts'
import { sameDialectFirst } from './same-dialect.ts'
import { byWeight } from './weight.ts'

/** Every order that can be configured. */
export const policies: Readonly<Record<PolicyName, Policy>> = {
  priority: byPriority,
  same_dialect: sameDialectFirst,
  weight: byWeight,
  fastest: fastestFirst,
  cheapest: cheapestFirst,
}

/** Orders that change from one turn to the next, so that a conversation's place does not follow from its name. */
export const isWavering = (name: PolicyName): boolean => name === 'fastest'
