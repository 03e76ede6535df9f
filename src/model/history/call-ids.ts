import type { ToolCallPart } from '../part.ts'
import type { Step } from './steps.ts'

/**
 * Gives out the ids of a conversation's calls, each once. It goes by the order of the calls alone, so that a longer
 * history gives its beginning the same ids.
 */
export function identify(): (step: Step) => readonly string[] {
  const taken = new Set<string>()
  let count = 0
  return (step) =>
    step.calls.map(({ part }) => {
      count++
      const wanted = bareId(part) || `call_${count}`
      let id = wanted
      for (let copy = 2; taken.has(id); copy++) id = `${wanted}_${copy}`
      taken.add(id)
      return id
    })
}

/** The id without the function's name that Gemini CLI puts before it. A call that is named after its function has none. */
export function bareId({ id, name }: Pick<ToolCallPart, 'id' | 'name'>): string {
  if (id === name) return ''
  return id.startsWith(`${name}__`) && id.length > name.length + 2 ? id.slice(name.length + 2) : id
}
