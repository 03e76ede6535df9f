import type { Refusal } from '../format.ts'

/** A request that breaks a rule. */
export const invalid = (message: string): Refusal => ({ status: 400, message })

export const extra = (path: string): Refusal => invalid(`${path}: Extra inputs are not permitted`)
