import type { ChatEvent } from '../event.ts'

/** A step between a reader and a writer: each event becomes none, one or several. */
export interface Transform {
  push(event: ChatEvent): ChatEvent[]
}

/** Several steps as one, the first given working first. */
export function chain(...transforms: readonly Transform[]): Transform {
  return {
    push: (event) =>
      transforms.reduce<ChatEvent[]>((events, transform) => events.flatMap((one) => transform.push(one)), [event]),
  }
}
