import type { Fault } from '../model/fault.ts'
import type { Candidate } from './candidate.ts'

/** Which candidates asked to be left alone for a while, or have just failed. */
export interface Health {
  isResting(candidate: Candidate): boolean
  /** After a fault: rests as long as the upstream asked, else a moment that depends on the fault. */
  failed(candidate: Candidate, fault: Fault): void
  succeeded(candidate: Candidate): void
}

const restMs: Partial<Record<Fault['class'], number>> = {
  rate_limit: 5_000,
  overloaded: 3_000,
  internal: 1_000,
  bad_gateway: 1_000,
  timeout: 3_000,
  billing: 60_000,
  auth: 60_000,
  permission: 30_000,
}

const longestRestMs = 10 * 60_000

/** Health of channel × model × secret, in memory. */
export function health(clock: () => number): Health {
  const restingUntilMs = new Map<string, number>()
  const nameOf = ({ channel, model, secret }: Candidate): string => `${channel.name}\0${model}\0${secret}`
  return {
    isResting(candidate) {
      const until = restingUntilMs.get(nameOf(candidate))
      return until !== undefined && until > clock()
    },
    failed(candidate, fault) {
      const rest = fault.retryAfterMs ?? restMs[fault.class]
      if (rest !== undefined) restingUntilMs.set(nameOf(candidate), clock() + Math.min(rest, longestRestMs))
    },
    succeeded: (candidate) => void restingUntilMs.delete(nameOf(candidate)),
  }
}
