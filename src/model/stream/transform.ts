import type { ChatEvent } from '../event.ts'

/** A step between a reader and a writer: each event becomes none, one or several. */
export interface Transform {
  push(event: ChatEvent): ChatEvent[]
}

/** Several steps as one, the first given working first. */
export function chain(...transforms: readonly Transform[]): Transform {
  return {
    push(event) {
      let events = [event]
      for (const transform of transforms) events = through(transform, events)
      return events
    },
  }
}

function through(transform: Transform, events: ChatEvent[]): ChatEvent[] {
  const [first] = events
  if (!first) return events
  // Nearly always one event becomes one: what the step made of it is passed on as it is.
  if (events.length === 1) return transform.push(first)
  const told: ChatEvent[] = []
  for (const event of events) for (const each of transform.push(event)) told.push(each)
  return told
}
