import type { UpstreamFormat } from '../../src/model/dialect.ts'
import { writeEventStream } from '../../src/wire/eventstream.ts'

interface Framing {
  readonly contentType: string
  frame(line: string): string | Uint8Array
  /** What comes after the last line. */
  readonly end: string
  /** Finds the line that begins a stream, where the format has one. */
  readonly start?: RegExp
}

const typeOf = (line: string): string => /"type":\s*"([^"]+)"/.exec(line)?.[1] ?? 'unknown'

const named: Omit<Framing, 'start'> = {
  contentType: 'text/event-stream; charset=utf-8',
  frame: (line) => `event: ${typeOf(line)}\ndata: ${line}\n\n`,
  end: '',
}

/** How a vendor of each format frames the payloads that were recorded. */
const framings: Record<UpstreamFormat, Framing> = {
  'anthropic-messages': { ...named, start: /^\{"type":\s*"message_start"/ },
  'openai-responses': { ...named, start: /^\{"type":\s*"response\.created"/ },
  'openai-chat': {
    contentType: 'text/event-stream',
    frame: (line) => `data: ${line}\n\n`,
    end: 'data: [DONE]\n\n',
  },
  gemini: { contentType: 'text/event-stream', frame: (line) => `data: ${line}\r\n\r\n`, end: '' },
  'bedrock-converse': { contentType: 'application/vnd.amazon.eventstream', frame: eventStreamFrame, end: '' },
}

export const startsAnswer = (format: UpstreamFormat, line: string): boolean =>
  framings[format].start?.test(line) ?? false

/** The stream as its vendor sends it. */
export function framed(format: UpstreamFormat, lines: readonly string[]): { contentType: string; bytes: Buffer } {
  const { contentType, end, frame } = framings[format]
  const pieces = [...lines.map(frame), end].map((piece) => Buffer.from(piece))
  return { contentType, bytes: Buffer.concat(pieces) }
}

/** The recorded lines are `{EVENT: payload}`; on the wire the event's name is a header. */
function eventStreamFrame(line: string): Uint8Array {
  // Every line of these recordings is an object with one key.
  const [[event, payload] = ['', {}]] = Object.entries(JSON.parse(line) as Record<string, unknown>)
  return writeEventStream({
    headers: { ':message-type': 'event', ':event-type': event, ':content-type': 'application/json' },
    payload: Buffer.from(JSON.stringify(payload)),
  })
}
