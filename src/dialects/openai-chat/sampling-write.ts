import type { Writing } from './writing.ts'

/** What else the sampling fields of a request came to. */
export interface WrittenSampling {
  readonly fields: Readonly<Record<string, unknown>>
  /** Stop strings that must be looked for in the answer instead. */
  readonly emulatedStop?: readonly string[]
}

/** `isThinkingOff`: some models take these fields only while they do not think. */
export function writeSampling(writing: Writing, { isThinkingOff }: { isThinkingOff: boolean }): WrittenSampling {
  const { request, quirks, target } = writing
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty, logitBias, n, stop } = request.sampling
  const { sampling } = target.capabilities
  const isFree = sampling === 'yes' || (sampling === 'unless_thinking' && isThinkingOff)
  const { logprobs, topLogprobs } = request.sampling
  if (n !== undefined && n > 1 && !quirks.n) writing.refuse('several answers at once', 'n')
  const put = putting(writing)
  put({ as: 'temperature', value: temperature, takes: isFree, usual: 1 })
  put({ as: 'top_p', value: topP, takes: isFree, usual: 1 })
  put({
    as: quirks.extraFields.topK ?? 'top_k',
    named: 'top_k',
    value: topK,
    takes: quirks.extraFields.topK !== undefined,
  })
  put({ as: quirks.seed, named: 'seed', value: seed, takes: quirks.seed !== 'none' })
  put({ as: 'presence_penalty', value: presencePenalty, takes: isFree && quirks.penalties })
  put({ as: 'frequency_penalty', value: frequencyPenalty, takes: isFree && quirks.penalties })
  put({ as: 'logit_bias', value: logitBias, takes: quirks.logitBias })
  put({ as: 'n', value: n, takes: true, usual: 1 })
  put({ as: 'logprobs', value: logprobs, takes: isFree && quirks.logprobs })
  put({ as: 'top_logprobs', value: topLogprobs, takes: isFree && quirks.logprobs })
  const takesStop = target.capabilities.stopSequences && (stop?.length ?? 0) <= quirks.stopMax
  if (takesStop && stop) put({ as: 'stop', value: stop, takes: true })
  return { fields: put.fields, ...(stop && !takesStop && { emulatedStop: stop }) }
}

interface Setting {
  /** The server's name of the field. */
  readonly as: string
  /** The client's, where it is another. */
  readonly named?: string
  readonly value: unknown
  readonly takes: boolean
  /** The value that changes nothing and is no loss. */
  readonly usual?: unknown
}

function putting({ drop }: Writing) {
  const fields: Record<string, unknown> = {}
  const put = ({ as, named = as, value, takes, usual }: Setting): void => {
    if (value === undefined) return
    if (takes) fields[as] = value
    else if (value !== usual) drop(named)
  }
  return Object.assign(put, { fields })
}
