import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clientCodecs } from '../dialects/index.ts'
import { type Generation, writeGeneration, writeNoGeneration } from '../endpoints/generation.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import { nano } from '../model/money.ts'
import { authenticated } from '../relay/admit.ts'
import type { Relay } from '../relay/relay.ts'
import { figuresOf } from '../relay/request-figures.ts'
import { idHeaders } from '../relay/response-headers.ts'
import { shortened } from '../relay/shortened.ts'
import { faultAnswer, tellJson } from '../relay/tell-fault.ts'
import type { RequestRow } from '../store/requests.ts'
import { troubled } from './trouble.ts'

/** `GET /api/v1/generation?id=`: what one request of the key used and cost, by its own id or by its answer's. */
export function generationRoutes(server: FastifyInstance, relay: Relay): void {
  for (const path of ['/api/v1/generation', '/v1/generation'])
    server.get(path, (request, reply) => answered(relay, request, reply))
}

async function answered(relay: Relay, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.hijack()
  const id = new URL(request.raw.url ?? '/', 'http://local').searchParams.get('id') ?? ''
  const found = await find(relay, request, id).catch(troubled(relay, request.id))
  if (!found.ok) {
    const { body, headers, status } = faultAnswer(clientCodecs['openai-chat'], found.fault, request.id)
    reply.raw.writeHead(status, headers).end(body)
    return
  }
  const ids = idHeaders('openai-chat', request.id)
  if (found.value) tellJson(reply.raw, 200, writeGeneration(generationOf(relay, found.value)), ids)
  else tellJson(reply.raw, 404, writeNoGeneration(shortened(id)), ids)
}

/** undefined: the key has asked no such request. */
async function find(relay: Relay, request: FastifyRequest, id: string): Promise<Result<RequestRow | undefined>> {
  const key = authenticated(relay, request.raw, 'billing')
  if (!key.ok) return key
  if (id === '') return refuse(fault('invalid', 'id: required', { param: 'id' }))
  const { requests } = relay.store
  const row = await requests.findOf(key.value.id, id)
  if (row) return ok(row)
  // Rows are written some at a time; who asks at once makes them be written.
  await relay.till.requestLog.flush()
  return ok(await requests.findOf(key.value.id, id))
}

function generationOf(relay: Relay, row: RequestRow): Generation {
  const channel = relay.snapshot().channels.find(({ name }) => name === row.channel)
  return {
    ...figuresOf(row),
    id: row.id,
    answerId: row.answerId,
    atMs: row.atMs,
    model: row.model,
    provider: channel?.provider,
    charged: nano(row.charged),
    isCancelled: row.outcome === 'gone' || row.outcome === 'swept',
  }
}
