import type { Dialect } from '../dialect.ts'
import { readCount, writeCount } from './count.ts'
import { eventReader } from './events-read.ts'
import { eventWriter, heartbeat } from './events-write.ts'
import { faultFrame, readFault, writeFault } from './fault.ts'
import { forwarding } from './forward.ts'
import { openaiQuirks, type ResponsesQuirks } from './quirks.ts'
import { readReply, writeReply } from './reply.ts'
import { readRequest } from './request-read.ts'
import { writeRequest } from './request-write.ts'

export type { ResponsesQuirks } from './quirks.ts'

/** OpenAI's Responses API. @see https://platform.openai.com/docs/api-reference/responses */
export const openaiResponses: Dialect<ResponsesQuirks> = {
  id: 'openai-responses',
  client: {
    format: 'openai-responses',
    readRequest,
    writeReply,
    eventWriter,
    writeFault,
    faultFrame: (fault, requestId, _form, sequence?: number) => faultFrame(fault, requestId, sequence),
    heartbeat,
  },
  upstream: {
    format: 'openai-responses',
    quirks: openaiQuirks,
    writeRequest,
    readReply,
    eventReader,
    readFault,
    mustInline: (part, { quirks }) => part.source.kind === 'url' && !quirks.fetchesUrls,
    path: ({ quirks }, action) => (action === 'count' ? `${quirks.path}/input_tokens` : quirks.path),
    count: { writeRequest: writeCount, readReply: readCount },
  },
  forwarding,
}
