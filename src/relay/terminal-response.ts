import { isRecord, parseJson } from '../wire/json.ts'
import { sseReader } from '../wire/sse.ts'

const terminal = /^response\.(?:completed|incomplete|failed)$/

/** The Responses object of a frame that ends a stream, if it is one. */
export function responseOf(frame: {
  readonly event?: string | undefined
  readonly data: string
}): Record<string, unknown> | undefined {
  if (!terminal.test(frame.event ?? '')) return undefined
  const parsed = parseJson(Buffer.from(frame.data))
  return parsed.ok && isRecord(parsed.value) && isRecord(parsed.value.response) ? parsed.value.response : undefined
}

/** Finds the final Responses object in the last text of our own writer. */
export function terminalResponse(text: string, found: (response: Record<string, unknown>) => void): void {
  const reader = sseReader()
  for (const frame of [...reader.push(Buffer.from(text)), ...reader.end()]) {
    const response = responseOf(frame)
    if (response) found(response)
  }
}
