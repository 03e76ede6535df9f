import { ok } from '../../model/fault.ts'
import { isRecord } from '../../wire/json.ts'
import type { Target, UpstreamAction, UpstreamCodec } from '../dialect.ts'
import { eventReader } from './events-read.ts'
import { readFault } from './fault.ts'
import { mustInline } from './media-write.ts'
import { type ConverseQuirks, converseQuirks } from './quirks.ts'
import { readReply } from './reply.ts'
import { writeRequest } from './request-write.ts'

const actions: Record<UpstreamAction, string> = { unary: 'converse', stream: 'converse-stream', count: 'count-tokens' }

/** AWS's one format for the models of many makers. Spoken to upstreams alone; streams are AWS event streams. */
export const bedrockConverse: UpstreamCodec<ConverseQuirks> = {
  format: 'bedrock-converse',
  quirks: converseQuirks,
  writeRequest,
  readReply,
  eventReader,
  readFault,
  mustInline,
  path: ({ model }: Target<ConverseQuirks>, action) => `/model/${encodeURIComponent(model)}/${actions[action]}`,
  count: {
    writeRequest(request, target) {
      const written = writeRequest(request, target)
      if (!written.ok) return written
      const { messages, system, toolConfig, additionalModelRequestFields } = written.value.body
      return ok({ input: { converse: { messages, system, toolConfig, additionalModelRequestFields } } })
    },
    readReply: (body) => (isRecord(body) && typeof body.inputTokens === 'number' ? body.inputTokens : undefined),
  },
}
