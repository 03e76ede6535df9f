import type { ChatEvent } from '../../model/event.ts'
import type { ChatRequest } from '../../model/request.ts'
import { noUsage, type Usage } from '../../model/usage.ts'
import { writeSse } from '../../wire/sse.ts'
import type { EventWriter, WriteContext } from '../dialect.ts'
import { faultFrame } from '../openai-chat/fault.ts'
import { writeUsage } from '../openai-chat/usage.ts'
import { finishOf, type TextLine, textLines } from './choice-write.ts'
import { writeLogprobs } from './logprobs.ts'
import { echoed } from './request-read.ts'

type Handlers = { [K in ChatEvent['type']]: (event: Extract<ChatEvent, { type: K }>) => string }

/** `text_completion` objects, each with a piece of text; then the usage for those who asked, and `[DONE]`. */
export function eventWriter(ask: ChatRequest, { newId, nowSeconds }: WriteContext): EventWriter {
  const head = { id: `cmpl-${newId()}`, object: 'text_completion', created: Math.floor(nowSeconds), model: ask.model }
  const linesOf = textLines()
  const echo = echoed(ask)
  /** Characters told in each answer. */
  const told = new Map<number, number>()
  let usage: Usage = noUsage
  let hasEnded = false

  const chunk = (more: Record<string, unknown>): string =>
    writeSse({
      data: JSON.stringify({ ...head, ...more, ...(ask.includeUsage && !('usage' in more) && { usage: null }) }),
    })

  const say = ({ at, text, logprobs }: TextLine): string => {
    const isFirst = !told.has(at)
    const from = told.get(at) ?? echo.length
    told.set(at, from + text.length)
    const said = { text: isFirst ? echo + text : text, index: at, finish_reason: null }
    return chunk({ choices: [{ ...said, logprobs: logprobs ? writeLogprobs(logprobs, from) : null }] })
  }
  const part = (event: Parameters<typeof linesOf>[0]): string => linesOf(event).map(say).join('')

  const handlers: Handlers = {
    start: () => '',
    open: part,
    delta: part,
    close: part,
    usage(event) {
      usage = event.usage
      return ''
    },
    stop({ stop, others = [] }) {
      hasEnded = true
      const ends = [stop, ...others].map((end, at) => {
        const text = told.has(at) ? '' : echo
        return chunk({ choices: [{ text, index: at, logprobs: null, finish_reason: finishOf(end) }] })
      })
      const last = ask.includeUsage ? chunk({ choices: [], usage: writeUsage(usage) }) : ''
      return `${ends.join('')}${last}data: [DONE]\n\n`
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
