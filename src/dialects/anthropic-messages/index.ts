import type { MediaPart } from '../../model/part.ts'
import type { ClientCodec, Dialect, Target, UpstreamCodec } from '../dialect.ts'
import { readCountReply, writeCountRequest } from './count.ts'
import { eventReader } from './events-read.ts'
import { eventWriter, heartbeat } from './events-write.ts'
import { faultFrame, readFault, writeFault } from './fault.ts'
import { forwarding } from './forward.ts'
import { type AnthropicQuirks, anthropicQuirks, withDefaults } from './quirks.ts'
import { readReply, writeReply } from './reply.ts'
import { readRequest } from './request-read.ts'
import { writeRequest } from './request-write.ts'

const client: ClientCodec = {
  format: 'anthropic-messages',
  readRequest,
  writeReply,
  eventWriter,
  writeFault,
  faultFrame,
  heartbeat,
}

const upstream: UpstreamCodec<AnthropicQuirks> = {
  format: 'anthropic-messages',
  quirks: anthropicQuirks,
  writeRequest,
  readReply,
  eventReader,
  readFault,
  mustInline,
  path(target, action) {
    const { messagesPath, countPath } = withDefaults(target.quirks)
    return action === 'count' ? countPath : messagesPath
  },
  count: { writeRequest: writeCountRequest, readReply: readCountReply },
}

/** The vendor opens `https:` addresses by itself; data URLs hold their bytes already. */
function mustInline({ source, media }: MediaPart, { quirks }: Target<AnthropicQuirks>): boolean {
  if (source.kind !== 'url' || media === 'audio' || media === 'video') return false
  if (/^\s*data:/i.test(source.url)) return false
  return !withDefaults(quirks).fetchesUrls || !/^https:/i.test(source.url)
}

/** Anthropic Messages, API versions 2023-06-01 and 2026-10-21. */
export const anthropicMessages: Dialect<AnthropicQuirks> = {
  id: 'anthropic-messages',
  client,
  upstream,
  forwarding,
}
