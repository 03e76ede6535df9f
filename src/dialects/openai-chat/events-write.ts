import type { ChatEvent } from '../../model/event.ts'
import type { ChatRequest } from '../../model/request.ts'
import { noUsage, type Usage } from '../../model/usage.ts'
import { writeSse } from '../../wire/sse.ts'
import type { EventWriter, WriteContext } from '../dialect.ts'
import { type AnswerHead, answerHead, answerWriter, type Line } from './answer-write.ts'
import { faultFrame } from './fault.ts'
import { writeTier } from './stop.ts'
import { writeUsage } from './usage.ts'

type Handlers = { [K in ChatEvent['type']]: (event: Extract<ChatEvent, { type: K }>) => string }

/**
 * The stream as the official clients want it: a role first for every choice, one id, time and model throughout, the finish
 * reason once, the usage chunk only for those who asked (then `usage: null` everywhere else), `[DONE]`.
 */
export function eventWriter(ask: ChatRequest, context: WriteContext): EventWriter {
  const answer = answerWriter(ask)
  const introduced = new Set<number>()
  let head: AnswerHead | undefined
  let usage: Usage = noUsage
  let hasEnded = false

  const chunk = (more: Record<string, unknown>): string => {
    head ??= answerHead({ type: 'start' }, ask, context)
    const { id, created, model } = head
    const body = { id, object: 'chat.completion.chunk', created, model, ...more }
    return writeSse({ data: JSON.stringify(ask.includeUsage && !('usage' in more) ? { ...body, usage: null } : body) })
  }
  const introduce = (at: number): string => {
    if (introduced.has(at)) return ''
    introduced.add(at)
    return chunk({ choices: [choice({ at, delta: { role: 'assistant', content: '', refusal: null } })] })
  }
  const say = (lines: readonly Line[], more: Record<string, unknown> = {}): string =>
    lines.map((line) => introduce(line.at) + chunk({ choices: [choice(line)], ...more })).join('')
  const part = (event: Parameters<typeof answer.part>[0]): string => say(answer.part(event))

  const handlers: Handlers = {
    start(event) {
      head = answerHead(event, ask, context)
      return introduce(0)
    },
    open: part,
    delta: part,
    close: part,
    usage(event) {
      usage = event.usage
      return ''
    },
    stop(event) {
      hasEnded = true
      const tier = event.tier && writeTier(event.tier)
      const more = tier === undefined ? {} : { service_tier: tier }
      const last = ask.includeUsage ? chunk({ choices: [], ...more, usage: writeUsage(usage) }) : ''
      return `${say(answer.stop(event), more)}${last}data: [DONE]\n\n`
    },
    fault(event) {
      hasEnded = true
      return faultFrame(event.fault)
    },
  }

  return {
    push(event) {
      // The table has a handler for each type, taking events of that type.
      return hasEnded ? '' : (handlers[event.type] as (event: ChatEvent) => string)(event)
    },
  }
}

const choice = ({ at, delta, logprobs, finish }: Line): Record<string, unknown> => ({
  index: at,
  delta,
  logprobs: logprobs ?? null,
  finish_reason: finish ?? null,
})
