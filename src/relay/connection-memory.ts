import { conversation } from '../dialects/openai-responses/items.ts'
import { ok, type Result } from '../model/fault.ts'
import type { Asked, ChatRoute, Prologue } from './chat.ts'
import { responses } from './responses-route.ts'
import { responsesPrologue } from './responses-state.ts'

type Body = Readonly<Record<string, unknown>>

interface Remembered {
  readonly id: string
  readonly input: readonly unknown[]
  readonly output: readonly unknown[]
}

/**
 * The Responses route of one WebSocket. Within a connection a request may go on from the last response even with
 * `store: false`: it is remembered here, for as long as the connection lives.
 * @see https://platform.openai.com/docs/guides/websocket-mode
 */
export function rememberingRoute(): ChatRoute {
  let last: Remembered | undefined
  const remember = (body: Body, response: Body): void => {
    const { input } = conversation({ input: [], output: [] }, body)
    if (typeof response.id === 'string')
      last = { id: response.id, input: listOf(input), output: listOf(response.output) }
  }
  return {
    ...responses,
    async prologue(asked: Asked): Promise<Result<Prologue>> {
      const { body } = asked.incoming
      const continued = last && body.previous_response_id === last.id ? conversation(last, body) : undefined
      const incoming = continued ? { ...asked.incoming, body: continued } : asked.incoming
      const bytes = continued ? Buffer.from(JSON.stringify(continued)) : asked.bytes
      const stored = await responsesPrologue({ ...asked, incoming, bytes })
      if (!stored.ok) return stored
      return ok({
        ...stored.value,
        onResponse(response, channel) {
          remember(stored.value.incoming.body, response)
          stored.value.onResponse?.(response, channel)
        },
      })
    },
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
