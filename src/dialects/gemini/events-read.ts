import type { ChatEvent } from '../../model/event.ts'
import type { EventReader, ReadContext, UpstreamFrame } from '../dialect.ts'
import { AnswerReader } from './answer-reader.ts'
import type { GeminiQuirks } from './quirks.ts'

/**
 * Every frame is a whole answer object that holds what is new; there is no terminal event. Usage may follow the finish
 * reason, so the stop is told when the connection has closed.
 */
export function eventReader(context: ReadContext<GeminiQuirks>): EventReader {
  const reader = new AnswerReader(context.newId)
  return {
    push: (frame) => (isEmpty(frame) ? [] : reader.take(parse(frame.data))),
    end: (): ChatEvent[] => reader.finish('stream'),
  }
}

/** Keep-alives, and the end mark that some proxies borrow from another format. */
const isEmpty = ({ data }: UpstreamFrame): boolean => data === '' || data === '[DONE]'

/** What is no JSON counts as any other thing that is no answer. */
function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
