import { type Ending, isAbsurd } from '../ledger/ending.ts'
import { estimateRequest } from '../model/estimate.ts'
import type { Outcome } from './attempt.ts'
import type { Answered, Exchange } from './exchange.ts'

type Sent = Pick<Exchange, 'ask' | 'bytes'>

/** How an attempt ended, as far as money is concerned. */
export function endingOf(exchange: Sent, outcome: Outcome | undefined): Ending {
  const answered = outcome && answeredOf(outcome)
  const told = answered?.isUsageEstimated ? undefined : answered?.usage
  if (!outcome || outcome.kind === 'failed' || !answered?.hasContent)
    return { how: 'nothing', told, counted: { input: 0, output: 0 } }
  const how = outcome.kind === 'gone' ? 'left' : outcome.fault ? 'cut' : 'complete'
  return { how, told, counted: { input: isCounted(answered) ? inputOf(exchange) : 0, output: answered.counted } }
}

export const answeredOf = (outcome: Outcome): Answered | undefined =>
  'answered' in outcome ? outcome.answered : undefined

/** Most answers tell their usage; then nobody needs to count what was sent. */
const isCounted = ({ isUsageEstimated, usage }: Answered): boolean =>
  isUsageEstimated === true || usage === undefined || isAbsurd(usage)

/** Tokens of what was sent, as they are counted here. */
export function inputOf(exchange: Sent): number {
  const ask = exchange.ask()
  return ask.ok ? estimateRequest(ask.value) : guessInput(exchange.bytes)
}

/** A low guess that costs nothing. */
export const guessInput = (bytes: Uint8Array): number => Math.ceil(bytes.length / 4)
