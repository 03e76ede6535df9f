import type { UpstreamFrame } from '../dialects/dialect.ts'
import type { FormatOffer } from '../providers/provider.ts'
import { eventStreamReader } from '../wire/eventstream.ts'
import { sseReader, writeSse } from '../wire/sse.ts'

/** A frame with the bytes that a client of the same format gets for it. */
export type Frame = UpstreamFrame & { readonly raw: Uint8Array }

export interface FrameSource {
  /** @throws SseLimitError or EventStreamError when the upstream's framing is beyond repair. */
  push(chunk: Uint8Array): readonly Frame[]
  /** What is left when the connection closes. */
  end(): readonly Frame[]
}

/** Cuts an upstream's bytes into frames, whatever its framing. */
export const frameSource = (offer: FormatOffer, frameBytes: number): FrameSource =>
  offer.framing === 'eventstream' ? eventStreamFrames(offer) : sseReader({ frameBytes })

function eventStreamFrames({ unwrapFrame }: FormatOffer): FrameSource {
  const reader = eventStreamReader()
  const text = new TextDecoder()
  return {
    push: (chunk) =>
      reader.push(chunk).flatMap(({ headers, payload }) => {
        const event = headers[':event-type'] ?? headers[':exception-type'] ?? headers[':error-code']
        const outer: UpstreamFrame = { event, data: text.decode(payload) }
        const inner = unwrapFrame ? unwrapFrame(outer) : outer
        if (!inner) return []
        const raw = Buffer.from(
          writeSse({ data: inner.data, ...(inner.event !== undefined && { event: inner.event }) }),
        )
        return [{ ...inner, raw }]
      }),
    end: () => {
      reader.end()
      return []
    },
  }
}
