import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clientCodecs } from '../dialects/index.ts'
import { inputItems } from '../dialects/openai-responses/items.ts'
import { replay } from '../dialects/openai-responses/replay.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { StoredResponse } from '../model/rows.ts'
import { authenticated } from '../relay/admit.ts'
import { compact } from '../relay/compact.ts'
import type { Relay } from '../relay/relay.ts'
import { idHeaders } from '../relay/response-headers.ts'
import { cancelStored, refreshStored, removeStored } from '../relay/responses-background.ts'
import { httpSink } from '../relay/sink.ts'
import { unlessAway } from '../relay/store-away.ts'
import { faultAnswer, tellJson } from '../relay/tell-fault.ts'
import { unlessBroken } from '../relay/unless-broken.ts'
import { conversationOver } from '../relay/websocket.ts'

type Answer = Result<Readonly<Record<string, unknown>>>
type WithId = FastifyRequest<{ Params: { id: string } }>

/** Each open connection keeps a conversation in memory. */
const mostSockets = 1_000

/** For clients that offer it: agents send tens of kilobytes of words. The small events that go back are not worth it. */
const perMessageDeflate = {
  threshold: 4_096,
  zlibDeflateOptions: { level: 1 },
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
}

/** What the Responses API keeps and lets one ask for again, its WebSocket, and compaction. */
export function responseRoutes(server: FastifyInstance, relay: Relay): void {
  server.get<{ Params: { id: string } }>('/v1/responses/:id', (request, reply) =>
    onStored(
      relay,
      request,
      reply,
      async (stored) => ok({ ...(await refreshStored(relay, stored)).response }),
      queryOf(request).get('stream') === 'true' ? tellAgain : tell,
    ),
  )
  server.delete<{ Params: { id: string } }>('/v1/responses/:id', (request, reply) =>
    onStored(relay, request, reply, async (stored) => {
      await removeStored(relay, stored)
      return ok({ id: stored.id, object: 'response', deleted: true })
    }),
  )
  server.post<{ Params: { id: string } }>('/v1/responses/:id/cancel', (request, reply) =>
    onStored(relay, request, reply, (stored) => cancelStored(relay, stored)),
  )
  server.get<{ Params: { id: string } }>('/v1/responses/:id/input_items', (request, reply) =>
    onStored(relay, request, reply, async ({ input }) => ok(page(inputItems({ input }), queryOf(request)))),
  )
  server.post('/v1/responses/compact', async (request, reply) => {
    reply.hijack()
    const sink = httpSink(reply.raw)
    const answer = await unlessBroken(relay, request.id, async () =>
      ok(await compact(relay, request.raw, sink, request.id)),
    )
    const refused = answer.ok ? answer.value : answer.fault
    if (refused && !sink.hasHead) tell(reply, request, refuse(refused))
  })
  server.register(async (sockets) => {
    await sockets.register(websocket, { options: { maxPayload: relay.limits.bodyBytes, perMessageDeflate } })
    const { clients } = sockets.websocketServer
    const preValidation = async (_request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      // Codex goes on over HTTP at once when it is told this.
      if (clients.size >= mostSockets) await reply.code(426).header('connection', 'close').send()
    }
    sockets.get('/v1/responses', { websocket: true, preValidation }, (socket, request) =>
      conversationOver(socket, relay, request.raw),
    )
  })
}

async function onStored(
  relay: Relay,
  request: WithId,
  reply: FastifyReply,
  act: (stored: StoredResponse) => Promise<Answer>,
  told: typeof tell = tell,
): Promise<void> {
  reply.hijack()
  const key = authenticated(relay, request.raw, 'responses')
  if (!key.ok) return tell(reply, request, key)
  const { id } = request.params
  const answer = await unlessBroken(relay, request.id, () =>
    unlessAway(async () => {
      const stored = await relay.store.responses.find(key.value.id, id)
      return stored ? act(stored) : refuse(fault('not_found', `Response with id '${id}' not found.`))
    }),
  )
  told(reply, request, answer)
}

function tell(reply: FastifyReply, request: FastifyRequest, answer: Answer): void {
  if (answer.ok) {
    tellJson(reply.raw, 200, answer.value, idHeaders('openai-responses', request.id))
    return
  }
  const { status, headers, body } = faultAnswer(clientCodecs['openai-responses'], answer.fault, request.id)
  reply.raw.writeHead(status, { ...headers, ...(!request.raw.complete && { connection: 'close' }) })
  reply.raw.end(body)
}

/** A kept response as a stream, from `starting_after` on. One that is not finished has no end to tell. */
function tellAgain(reply: FastifyReply, request: FastifyRequest, answer: Answer): void {
  if (answer.ok && isFinal(answer.value)) {
    const after = queryOf(request).get('starting_after')
    reply.raw.writeHead(200, {
      ...idHeaders('openai-responses', request.id),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
    })
    reply.raw.end(replay(answer.value, after === null ? undefined : Number(after)))
  } else tell(reply, request, answer.ok ? refuse(unfinished) : answer)
}

const unfinished = fault('invalid', 'This response is not finished; retrieve it without stream.', { param: 'stream' })

const isFinal = ({ status }: Record<string, unknown>): boolean =>
  status === 'completed' || status === 'incomplete' || status === 'failed'

const queryOf = ({ url }: FastifyRequest): URLSearchParams => new URL(url, 'http://local').searchParams

/** One page of input items: `limit` (20, at most 100), `order` (newest first unless `asc`), `after`. */
function page(input: readonly unknown[], query: URLSearchParams): Record<string, unknown> {
  const items = query.get('order') === 'asc' ? input : input.toReversed()
  const limit = Math.min(100, Math.max(1, Number(query.get('limit')) || 20))
  const after = query.get('after')
  const from = after === null ? 0 : items.findIndex((item) => idOf(item) === after) + 1
  const data = items.slice(from, from + limit)
  return {
    object: 'list',
    data,
    first_id: idOf(data[0]),
    last_id: idOf(data.at(-1)),
    has_more: from + limit < items.length,
  }
}

const idOf = (item: unknown): string | null =>
  typeof item === 'object' && item !== null && 'id' in item && typeof item.id === 'string' ? item.id : null
