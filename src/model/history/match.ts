import type { ToolCallPart, ToolResultPart } from '../part.ts'
import { bareId } from './call-ids.ts'
import type { Step } from './steps.ts'

/** Finds the result of each call, by the call's place: first by id, then, for results without one, by name and order. */
export function match(step: Step, ids: readonly string[]): ReadonlyMap<number, ToolResultPart> {
  const results = step.followed.flatMap(({ turn }) => turn.parts.filter((part) => part.kind === 'tool_result'))
  const open = new Map(step.calls.map(({ part }, at) => [at, part]))
  const found = new Map<number, ToolResultPart>()
  const take = (result: ToolResultPart, fits: (call: ToolCallPart, at: number) => boolean): boolean => {
    for (const [at, call] of open)
      if (fits(call, at)) {
        open.delete(at)
        found.set(at, result)
        return true
      }
    return false
  }
  const nameless = results.filter((result) => !take(result, (call, at) => hasId(call, ids[at], result)))
  for (const result of nameless) {
    const name = nameOf(result)
    if (name !== undefined) take(result, (call) => name === '' || call.name === name)
  }
  return found
}

function hasId(call: ToolCallPart, id: string | undefined, result: ToolResultPart): boolean {
  if (result.id === '' || result.id === call.name) return false
  return result.id === call.id || result.id === id || bareId({ id: result.id, name: call.name }) === bareId(call)
}

/** The name to go by for a result without an id; empty: the client did not say one. Undefined: it has an id. */
const nameOf = (result: ToolResultPart): string | undefined =>
  result.id === ''
    ? (result.name ?? '')
    : result.name === undefined || result.id === result.name
      ? result.id
      : undefined
