import type { Transform } from './transform.ts'

/** Lets only the first tool call of each answer through, for clients that forbade several. Expects parts in sequence. */
export function firstCallOnly(): Transform {
  const called = new Set<number>()
  let isSkipping = false
  let skipped = 0
  return {
    push(event) {
      if (event.type === 'open') {
        const choice = event.choice ?? 0
        isSkipping = event.part.kind === 'tool_call' && called.has(choice)
        if (isSkipping) skipped++
        else if (event.part.kind === 'tool_call') called.add(choice)
        return isSkipping ? [] : [{ ...event, index: event.index - skipped }]
      }
      if (event.type !== 'delta' && event.type !== 'close') return [event]
      return isSkipping ? [] : [{ ...event, index: event.index - skipped }]
    },
  }
}
