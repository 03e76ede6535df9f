import { directivesOf } from './brain.ts'
import type { Exchange } from './exchange.ts'
import type { Directives, Failure } from './failures.ts'
import { type Asked, type Call, isRefusal, type Refusal } from './format.ts'
import { hash } from './hash.ts'
import { taskOf } from './prompt.ts'

/** A prompt may say that it is too long: it is read again then, by a model that takes less. */
export function readStaged({ route }: Exchange, { call, early }: { call: Call; early: Directives }): Asked | Refusal {
  const asked = route.format.read(call)
  if (isRefusal(asked)) return asked
  const { contextTokens } = { ...directivesOf(asked.prompt), ...early }
  return contextTokens === undefined ? asked : route.format.read({ ...call, model: { ...call.model, contextTokens } })
}

/** A failure that passes after some times is counted by whose instruction it is, with tools or without. */
export function presentFailure({ surroundings }: Exchange, { call, asked, directives }: Occasion): Failure | undefined {
  const { failure } = directives
  if (failure?.times === undefined) return failure
  const { tools, turns } = asked.prompt
  const count = surroundings.refusals.count(hash(call.account, taskOf(turns).text, String(tools.length > 0)))
  return count <= failure.times ? failure : undefined
}

/** A request that was understood, and what it asks to go wrong. */
export interface Occasion {
  readonly call: Call
  readonly asked: Asked
  readonly directives: Directives
}
