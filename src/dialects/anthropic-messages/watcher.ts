import { isRecord } from '../../wire/json.ts'
import type { Seen, UpstreamFrame, Watcher } from '../dialect.ts'
import { readErrorBody } from './fault.ts'
import { overlayUsage, toldBy } from './usage.ts'

/** Looks at forwarded frames for usage and the end. The many deltas are told by their name alone. */
export const watcher = (): Watcher => new MessageWatcher()

type Payload = Readonly<Record<string, unknown>>

class MessageWatcher implements Watcher {
  readonly isUsageChunk = false
  /** Replaced when something changes, which most frames do not. */
  seen: Seen = { hasContent: false, hasEnded: false }
  tellings = 0
  #usage: Payload | undefined

  see(frame: UpstreamFrame): void {
    const type = typeOf(frame)
    if (type.startsWith('content_block_')) {
      if (!this.seen.hasContent) this.seen = { ...this.seen, hasContent: true }
    } else if (type === 'message_stop') this.seen = { ...this.seen, hasEnded: true }
    else if (type === 'message_start') this.#count(recordOf(parse(frame.data).message).usage)
    else if (type === 'message_delta') this.#count(parse(frame.data).usage)
    else if (type === 'error') this.seen = { ...this.seen, fault: readErrorBody(parse(frame.data)) }
  }

  #count(usage: unknown): void {
    this.tellings++
    this.#usage = overlayUsage(this.#usage, usage)
    this.seen = { ...this.seen, ...toldBy(this.#usage) }
  }
}

/** The frame's kind: its name, or for servers that send none the `type` of its payload. */
function typeOf(frame: UpstreamFrame): string {
  const { event } = frame
  if (event !== undefined && event !== '' && event !== 'message') return event
  const { type } = parse(frame.data)
  return typeof type === 'string' ? type : ''
}

const recordOf = (value: unknown): Payload => (isRecord(value) ? value : {})

function parse(data: string): Payload {
  try {
    return recordOf(JSON.parse(data))
  } catch (error) {
    // A frame that nobody can read tells nothing; the client sees it as it came.
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
