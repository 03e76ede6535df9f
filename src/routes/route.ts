import type { FastifyInstance } from 'fastify'
import { clientCodecs } from '../dialects/index.ts'
import { dryRun } from '../relay/dry-run.ts'
import type { Relay } from '../relay/relay.ts'
import { idHeaders } from '../relay/response-headers.ts'
import { faultAnswer, tellJson } from '../relay/tell-fault.ts'

/** Where a chat request would go, and why. */
export function routeRoutes(server: FastifyInstance, relay: Relay): void {
  server.post('/api/route', async (request, reply) => {
    reply.hijack()
    const result = await dryRun(relay, request.raw)
    if (result.ok) return tellJson(reply.raw, 200, { ...result.value }, idHeaders('openai-chat', request.id))
    const { status, headers, body } = faultAnswer(clientCodecs['openai-chat'], result.fault, request.id)
    reply.raw.writeHead(status, { ...headers, ...(!request.raw.complete && { connection: 'close' }) })
    reply.raw.end(body)
  })
}
