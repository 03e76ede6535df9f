import type { Loss } from '../loss.ts'
import type { Turn } from '../request.ts'

/** A history after a pass over it, and what the target will not see as the client said it. */
export interface Passed {
  readonly turns: readonly Turn[]
  readonly lost: readonly Loss[]
}
