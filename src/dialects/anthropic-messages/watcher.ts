import type { Fault } from '../../model/fault.ts'
import { isRecord } from '../../wire/json.ts'
import type { UpstreamFrame, Watcher } from '../dialect.ts'
import { readErrorBody } from './fault.ts'
import { overlayUsage, readUsage } from './usage.ts'

/** Frames that say more than that content goes on; only these are decoded. */
type Told = 'message_start' | 'message_delta' | 'error'

/** Looks at forwarded frames for usage and the end. The many deltas are told by their name alone. */
export function watcher(): Watcher {
  let usage: Record<string, unknown> | undefined
  let hasContent = false
  let hasEnded = false
  let fault: Fault | undefined
  const handlers: Record<Told, (payload: Readonly<Record<string, unknown>>) => void> = {
    message_start(payload) {
      usage = overlayUsage(usage, isRecord(payload.message) ? payload.message.usage : undefined)
    },
    message_delta(payload) {
      usage = overlayUsage(usage, payload.usage)
    },
    error(payload) {
      fault = readErrorBody(payload)
    },
  }
  return {
    see(frame) {
      const type = typeOf(frame)
      if (type.startsWith('content_block_')) hasContent = true
      else if (type === 'message_stop') hasEnded = true
      else if (isTold(type)) handlers[type](parse(frame.data))
    },
    get seen() {
      return { ...(usage && { usage: readUsage(usage) }), hasContent, hasEnded, ...(fault && { fault }) }
    },
    isUsageChunk: false,
  }
}

const isTold = (type: string): type is Told => type === 'message_start' || type === 'message_delta' || type === 'error'

/** The frame's kind: its name, or for servers that send none the `type` of its payload. */
function typeOf({ event, data }: UpstreamFrame): string {
  if (event !== undefined && event !== '' && event !== 'message') return event
  const { type } = parse(data)
  return typeof type === 'string' ? type : ''
}

function parse(data: string): Readonly<Record<string, unknown>> {
  try {
    const payload: unknown = JSON.parse(data)
    return isRecord(payload) ? payload : {}
  } catch (error) {
    // A frame that nobody can read tells nothing; the client sees it as it came.
    if (error instanceof SyntaxError) return {}
    throw error
  }
}
