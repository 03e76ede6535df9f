import type { TokenLogprob } from '../../model/part.ts'
import { type Reply, tell } from '../../model/reply.ts'
import type { ChatRequest } from '../../model/request.ts'
import type { WriteContext } from '../dialect.ts'
import { writeUsage } from '../openai-chat/usage.ts'
import { finishOf, textLines } from './choice-write.ts'
import { writeLogprobs } from './logprobs.ts'
import { echoed } from './request-read.ts'

interface Gathered {
  text: string
  readonly logprobs: TokenLogprob[]
}

/** The whole answer: one choice for each, of text alone. */
export function writeReply(
  reply: Reply,
  ask: ChatRequest,
  { newId, nowSeconds }: WriteContext,
): Record<string, unknown> {
  const linesOf = textLines()
  const echo = echoed(ask)
  const stops = [reply.stop, ...(reply.others ?? []).map((other) => other.stop)]
  const choices: Gathered[] = stops.map(() => ({ text: echo, logprobs: [] }))
  for (const event of tell(reply)) {
    if (event.type !== 'open' && event.type !== 'delta' && event.type !== 'close') continue
    for (const line of linesOf(event)) {
      const into = choices[line.at]
      if (!into) continue
      into.text += line.text
      into.logprobs.push(...(line.logprobs ?? []))
    }
  }
  return {
    id: `cmpl-${newId()}`,
    object: 'text_completion',
    created: Math.floor(nowSeconds),
    model: ask.model,
    choices: stops.map((stop, index) => choice(choices[index] ?? { text: echo, logprobs: [] }, { index, stop, echo })),
    usage: writeUsage(reply.usage),
  }
}

const choice = (
  { text, logprobs }: Gathered,
  { index, stop, echo }: { index: number; stop: Reply['stop']; echo: string },
): Record<string, unknown> => ({
  text,
  index,
  logprobs: logprobs.length > 0 ? writeLogprobs(logprobs, echo.length) : null,
  finish_reason: finishOf(stop),
})
