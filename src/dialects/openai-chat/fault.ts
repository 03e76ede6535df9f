import { type Fault, spellingOf } from '../../model/fault.ts'
import { writeSse } from '../../wire/sse.ts'
import type { WrittenFault } from '../dialect.ts'
import { codes } from './fault-read.ts'
import { lookUp } from './reading.ts'

export { readFault } from './fault-read.ts'

/** Classes that no second try will mend: the official clients obey this header. */
const final = new Set<Fault['class']>(['billing', 'content_policy', 'context_length'])

/** The answer to a request that failed before its first byte. */
export function writeFault(fault: Fault, requestId: string): WrittenFault {
  const { retryAfterMs } = fault
  return {
    status: spellingOf(fault.class, 'openai-chat').status,
    headers: {
      'x-request-id': requestId,
      ...(retryAfterMs !== undefined && {
        'retry-after': String(Math.ceil(retryAfterMs / 1000)),
        'retry-after-ms': String(Math.ceil(retryAfterMs)),
      }),
      ...(final.has(fault.class) && { 'x-should-retry': 'false' }),
    },
    body: errorBody(fault),
  }
}

/** The fault in a stream that has begun: the stream ends with it, without `[DONE]`. */
export const faultFrame = (fault: Fault): string => writeSse({ data: JSON.stringify(errorBody(fault)) })

function errorBody(fault: Fault): Record<string, unknown> {
  const { type, code } = spellingOf(fault.class, 'openai-chat')
  return {
    error: { message: messageOf(fault), type, param: fault.param ?? null, code: codeOf(fault, code) ?? null },
  }
}

/** A code of this format's own stays; another's gives way to the one that clients of this format look for. */
const codeOf = (fault: Fault, usual: string | undefined): string | undefined =>
  usual === undefined || (fault.code !== undefined && lookUp(codes, fault.code) === fault.class) ? fault.code : usual

/** Agents read the wait from the text. */
const messageOf = ({ class: kind, message, retryAfterMs }: Fault): string =>
  kind !== 'rate_limit' || retryAfterMs === undefined || /try again in/i.test(message)
    ? message
    : `${message.replace(/[.\s]*$/, '.')} Please try again in ${Math.ceil(retryAfterMs / 1000)}s.`
