import type { MediaPart } from '../../model/part.ts'
import type { Dialect, Target, UpstreamAction } from '../dialect.ts'
import { count } from './count.ts'
import { eventReader } from './events-read.ts'
import { eventWriter } from './events-write.ts'
import { faultFrame, readFault, writeFault } from './fault.ts'
import { forwarding } from './forward.ts'
import { lastWords } from './last-words.ts'
import { isOwnFile } from './media-read.ts'
import { type GeminiQuirks, geminiQuirks } from './quirks.ts'
import { readReply, writeReply } from './reply.ts'
import { readRequest } from './request-read.ts'
import { writeRequest } from './request-write.ts'

/** Gemini `generateContent`, of the developer API and of Vertex. @see https://ai.google.dev/api/generate-content */
export const gemini: Dialect<GeminiQuirks> = {
  id: 'gemini',
  client: {
    format: 'gemini',
    readRequest,
    writeReply,
    eventWriter,
    writeFault,
    faultFrame,
    // An empty thought: the SDK wants a part in every chunk, and readers of comments break.
    heartbeat:
      'data: {"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"","thought":true}]}}]}\r\n\r\n',
    lastWords,
  },
  upstream: {
    format: 'gemini',
    quirks: geminiQuirks,
    writeRequest,
    readReply,
    eventReader,
    readFault,
    mustInline: (part) => mustInline(part),
    path,
    count,
  },
  forwarding,
}

/** Addresses that only the vendor can open are read as its files; all others must be fetched for it. */
const mustInline = ({ source }: MediaPart): boolean => source.kind === 'url' && !isOwnFile(source.url)

const actions: Record<UpstreamAction, string> = {
  unary: 'generateContent',
  stream: 'streamGenerateContent?alt=sse',
  count: 'countTokens',
}

/** Tuned models have a collection of their own in their name. */
function path({ model }: Target, action: UpstreamAction): string {
  const name = model.includes('/') ? model : `models/${model}`
  return `/v1beta/${name.split('/').map(encodeURIComponent).join('/')}:${actions[action]}`
}
