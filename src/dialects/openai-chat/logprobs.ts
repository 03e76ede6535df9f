import type { TokenLogprob } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import { records } from './reading.ts'

/** The log probabilities of a choice's content; undefined when it has none. */
export function readLogprobs(value: unknown): readonly TokenLogprob[] | undefined {
  if (!isRecord(value)) return undefined
  const tokens = records(value.content).flatMap(readToken)
  return tokens.length > 0 ? tokens : undefined
}

type Bare = Omit<TokenLogprob, 'top'>

function readToken(token: Record<string, unknown>): TokenLogprob[] {
  return readBare(token).map((bare) => {
    const top = records(token.top_logprobs).flatMap(readBare)
    return { ...bare, ...(top.length > 0 && { top }) }
  })
}

function readBare({ token, logprob, bytes }: Record<string, unknown>): Bare[] {
  if (typeof token !== 'string' || typeof logprob !== 'number') return []
  const octets = Array.isArray(bytes) ? bytes.filter((byte) => typeof byte === 'number') : undefined
  return [{ token, logprob, ...(octets && { bytes: octets }) }]
}

/** As a client of this format expects them: `bytes` and `top_logprobs` always there. */
export const writeLogprobs = (tokens: readonly TokenLogprob[]): unknown[] =>
  tokens.map((token) => ({ ...writeBare(token), top_logprobs: (token.top ?? []).map(writeBare) }))

const writeBare = ({ token, logprob, bytes }: Bare): Record<string, unknown> => ({
  token,
  logprob,
  bytes: bytes ?? [...Buffer.from(token)],
})
