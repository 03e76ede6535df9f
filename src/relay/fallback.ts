import { ok, type Result, refuse } from '../model/fault.ts'
import type { Fallback } from '../model/routing.ts'
import type { KeyRow } from '../model/rows.ts'
import { splice } from '../wire/splice.ts'
import { mayUse, modelMeant } from './admit.ts'
import type { Exchange } from './exchange.ts'
import { matchesGlob } from './glob.ts'
import { forbidden } from './mentions.ts'

/** Models that stand in for the one that was asked for, the first first. */
export interface Chain {
  readonly links: readonly Link[]
  /** Whether the client gave the list: then the answer bears the name of the one who gave it, and any refusal goes on. */
  readonly isAsked: boolean
}

export interface Link {
  /** As the client says it. */
  readonly said: string
  /** What its key means by that. */
  readonly model: string
}

/** @param models the client's own list; it counts instead of the operator's. */
export function chainOf(
  key: KeyRow,
  model: string,
  models: readonly string[],
  fallbacks: readonly Fallback[],
): Result<Chain> {
  if (models.length === 0) return ok({ links: configured(key, model, fallbacks), isAsked: false })
  const links: Link[] = []
  for (const [at, said] of models.entries()) {
    const meant = modelMeant(key, said)
    if (!mayUse(key, meant)) return refuse(forbidden(meant, `models[${at}]`))
    if (meant !== model && !links.some((link) => link.model === meant)) links.push({ said, model: meant })
  }
  return ok({ links, isAsked: true })
}

/** A key that may not use a model does not come to it by a detour. */
function configured(key: KeyRow, model: string, fallbacks: readonly Fallback[]): readonly Link[] {
  if (fallbacks.length === 0) return []
  const found = fallbacks.find(({ name }) => name === model) ?? fallbacks.find(({ name }) => matchesGlob(name, model))
  const names = [...new Set(found?.models)].filter((name) => name !== model && mayUse(key, name))
  return names.map((name) => ({ said: name, model: name }))
}

/** The exchange as if the client had asked for this link in the first place. */
export function standingIn(exchange: Exchange, { said, model }: Link): Exchange {
  const { incoming, bytes, peek } = exchange
  const { path, body } = incoming
  const isNamed = body.model !== undefined
  const renamed = {
    ...incoming,
    body: isNamed ? { ...body, model: said } : body,
    ...(path && { path: { ...path, model: said } }),
  }
  return {
    ...exchange,
    incoming: renamed,
    bytes: isNamed ? splice(bytes, [{ path: ['model'], value: said }]) : bytes,
    peek: { ...peek, model: said },
    model,
    ask: () => {
      const asked = exchange.ask()
      return asked.ok ? ok({ ...asked.value, model: said }) : asked
    },
  }
}
