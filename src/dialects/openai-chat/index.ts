import type { Dialect } from '../dialect.ts'
import { eventReader } from './events-read.ts'
import { eventWriter } from './events-write.ts'
import { faultFrame, readFault, writeFault } from './fault.ts'
import { forwarding } from './forward.ts'
import { mustInline } from './media-write.ts'
import { type ChatQuirks, openaiQuirks } from './quirks.ts'
import { readReply, writeReply } from './reply.ts'
import { readRequest } from './request-read.ts'
import { writeRequest } from './request-write.ts'

export type { ChatQuirks } from './quirks.ts'
export { compatibleQuirks, openaiQuirks } from './quirks.ts'
export { isResponsesShaped } from './request-read.ts'

/** OpenAI Chat Completions, and the many servers that speak it more or less. */
export const openaiChat: Dialect<ChatQuirks> = {
  id: 'openai-chat',
  client: {
    format: 'openai-chat',
    readRequest,
    writeReply,
    eventWriter,
    writeFault,
    faultFrame,
    heartbeat: ': keep-alive\n\n',
  },
  upstream: {
    format: 'openai-chat',
    quirks: openaiQuirks,
    writeRequest,
    readReply,
    eventReader,
    readFault,
    mustInline: (part, target) => mustInline(part, target.quirks),
    path: ({ model, quirks }) => quirks.path.replace('{model}', encodeURIComponent(model)),
  },
  forwarding,
}
