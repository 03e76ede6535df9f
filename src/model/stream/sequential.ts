import type { ChatEvent, CloseEvent, DeltaEvent, OpenEvent } from '../event.ts'
import type { Transform } from './transform.ts'

/** A part on its way: what is held back until it is its turn. */
interface Lane {
  readonly index: number
  held: ChatEvent[]
  isClosed: boolean
}

/**
 * Puts interleaved parts one after another, in the order of their opening, numbered from 0 without gaps. The foremost part
 * flows at once; what comes later is held until everything before it has closed. What its reader never closed
 * is closed when the parts are over.
 * @throws Error when a part is spoken of that is not open: a bug of its reader.
 */
export function sequential(): Transform {
  const lanes = new Map<number, Lane>()
  const waiting: Lane[] = []
  let opened = 0

  function open(event: OpenEvent): ChatEvent[] {
    const lane: Lane = { index: opened++, held: [], isClosed: false }
    lanes.set(event.index, lane)
    waiting.push(lane)
    return say(lane, numbered(event, lane.index))
  }

  function go(event: DeltaEvent | CloseEvent): ChatEvent[] {
    const lane = lanes.get(event.index)
    if (!lane) throw new Error(`${event.type} of part ${event.index}, which is not open`)
    const said = say(lane, numbered(event, lane.index))
    if (event.type === 'delta') return said
    lane.isClosed = true
    lanes.delete(event.index)
    return [...said, ...advance()]
  }

  function say(lane: Lane, event: ChatEvent): ChatEvent[] {
    if (lane === waiting[0]) return [event]
    lane.held.push(event)
    return []
  }

  /** Lets go of finished parts in front, and of what the next one has held. */
  function advance(): ChatEvent[] {
    const said: ChatEvent[] = []
    while (waiting[0]?.isClosed) {
      waiting.shift()
      const next = waiting[0]
      if (!next) break
      for (const event of next.held) said.push(event)
      next.held = []
    }
    return said
  }

  function closeAll(): ChatEvent[] {
    return [...lanes.keys()].flatMap((index) => go({ type: 'close', index }))
  }

  return {
    push(event) {
      if (event.type === 'open') return open(event)
      if (event.type === 'delta' || event.type === 'close') return go(event)
      return event.type === 'start' || lanes.size === 0 ? [event] : [...closeAll(), event]
    },
  }
}

/** Most readers count as we do. */
const numbered = (event: OpenEvent | DeltaEvent | CloseEvent, index: number): ChatEvent =>
  event.index === index ? event : { ...event, index }
