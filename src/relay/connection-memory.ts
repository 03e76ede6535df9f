import { conversation } from '../dialects/openai-responses/items.ts'
import { ok, type Result } from '../model/fault.ts'
import type { Reply } from '../model/reply.ts'
import { noUsage } from '../model/usage.ts'
import type { Asked, ChatRoute, Prologue } from './chat.ts'
import { madeHere } from './made-here.ts'
import { responses } from './responses-route.ts'

type Body = Readonly<Record<string, unknown>>

interface Remembered {
  readonly id: string
  readonly input: readonly unknown[]
  readonly output: readonly unknown[]
}

/** The route of one WebSocket, twice: for turns, and for what is sent ahead of one to be remembered. */
export interface ConnectionRoutes {
  readonly turn: ChatRoute
  readonly prewarm: ChatRoute
}

/**
 * The Responses route of one WebSocket. Within a connection a request may go on from the last response even with
 * `store: false`: it is remembered here, for as long as the connection lives. With `generate: false` nothing is asked of
 * a model; the items are remembered under the id of an empty response.
 * @see https://platform.openai.com/docs/guides/websocket-mode
 */
export function rememberingRoutes(): ConnectionRoutes {
  let last: Remembered | undefined
  const remember = (body: Body, response: Body): void => {
    const { input } = conversation({ input: [], output: [] }, body)
    if (typeof response.id === 'string')
      last = { id: response.id, input: listOf(input), output: listOf(response.output) }
  }
  async function prologue(asked: Asked): Promise<Result<Prologue>> {
    const { body } = asked.incoming
    const continued = last && body.previous_response_id === last.id ? conversation(last, body) : undefined
    const incoming = continued ? { ...asked.incoming, body: continued } : asked.incoming
    const bytes = continued ? Buffer.from(JSON.stringify(continued)) : asked.bytes
    const stored = await responses.prologue({ ...asked, incoming, bytes })
    if (!stored.ok) return stored
    return ok({
      ...stored.value,
      onResponse(response, channel) {
        remember(stored.value.incoming.body, response)
        return stored.value.onResponse?.(response, channel)
      },
    })
  }
  const turn: ChatRoute = { ...responses, prologue }
  return { turn, prewarm: { ...turn, prologue: async (asked) => withoutModel(asked, await prologue(asked)) } }
}

const nothing: Reply = { parts: [], stop: { reason: 'end' }, usage: noUsage }

function withoutModel(asked: Asked, prologue: Result<Prologue>): Result<Prologue> {
  if (!prologue.ok) return prologue
  const whole = { ...asked, ...prologue.value }
  return ok({
    ...prologue.value,
    answer: (sink, onResponse) => madeHere({ asked: whole, sink, onResponse }, async () => ok(nothing)),
  })
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
