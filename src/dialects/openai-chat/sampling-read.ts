import type { Sampling } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import type { Reading } from './reading.ts'

type Body = Readonly<Record<string, unknown>>

/** Fields of the body that this reader uses up. */
export const samplingFields = [
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'random_seed',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'n',
  'stop',
  'stop_sequences',
  'logprobs',
  'top_logprobs',
] as const

/** How tokens are drawn. Values that change nothing (`n: 1`, penalties of 0) count as absent: old clients always send them. */
export function readSampling(body: Body, to: Reading): Sampling {
  const number = (field: string): number | undefined => to.number(body[field], field)
  const temperature = number('temperature')
  const topP = number('top_p')
  const topK = number('top_k')
  const seed = to.whole(body.seed ?? body.random_seed, 'seed')
  const presencePenalty = number('presence_penalty')
  const frequencyPenalty = number('frequency_penalty')
  const n = to.whole(body.n, 'n')
  const stop = readStopStrings(body, to)
  const logprobs = to.flag(body.logprobs, 'logprobs')
  const topLogprobs = to.whole(body.top_logprobs, 'top_logprobs')
  const logitBias = readBias(body.logit_bias, to)
  if (n !== undefined && n < 1) to.refuse('n', 'expected at least 1.')
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && topK > 0 && { topK }),
    ...(seed !== undefined && { seed }),
    ...(presencePenalty && { presencePenalty }),
    ...(frequencyPenalty && { frequencyPenalty }),
    ...(logitBias && { logitBias }),
    ...(n !== undefined && n > 1 && { n }),
    ...(stop.length > 0 && { stop }),
    ...(logprobs && { logprobs }),
    ...(logprobs && topLogprobs !== undefined && { topLogprobs }),
  }
}

function readBias(value: unknown, to: Reading): Record<string, number> | undefined {
  const bias = to.record(value, 'logit_bias')
  if (!isRecord(bias)) return undefined
  const numbers: Record<string, number> = {}
  for (const [token, weight] of Object.entries(bias)) {
    const number = to.number(weight, `logit_bias.${token}`)
    if (number !== undefined) numbers[token] = number
  }
  return Object.keys(numbers).length > 0 ? numbers : undefined
}

/** A string or a list of them; empty ones stop nothing. */
function readStopStrings(body: Body, to: Reading): readonly string[] {
  const field = body.stop == null && body.stop_sequences != null ? 'stop_sequences' : 'stop'
  const value = body[field]
  if (typeof value === 'string') return value === '' ? [] : [value]
  const list = to.list(value, field) ?? []
  return list.flatMap((one, at) => to.text(one, `${field}[${at}]`) || [])
}
