import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { dialects } from '../dialects/index.ts'
import { type CountRoute, count } from '../relay/count.ts'
import type { Relay } from '../relay/relay.ts'
import { idHeaders } from '../relay/response-headers.ts'
import { faultAnswer, tellJson } from '../relay/tell-fault.ts'
import { unlessBroken } from '../relay/unless-broken.ts'

/** Says where the number comes from: `vendor` or `estimate`. */
const sourceHeader = 'x-causeway-count'

/** Counting tokens, in the three formats that have a route for it. Free of charge. */
export function countRoutes(server: FastifyInstance, relay: Relay): void {
  server.post('/v1/messages/count_tokens', (request, reply) =>
    counted(relay, { dialect: dialects['anthropic-messages'] }, request, reply),
  )
  server.post('/v1/responses/input_tokens', (request, reply) =>
    counted(relay, { dialect: dialects['openai-responses'] }, request, reply),
  )
}

/** Answers one counting request. */
export async function counted(
  relay: Relay,
  route: CountRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  reply.hijack()
  const { client } = route.dialect
  const result = await unlessBroken(relay, request.id, () => count(relay, route, request.raw))
  if (!result.ok) {
    const { status, headers, body } = faultAnswer(client, result.fault, request.id)
    reply.raw.writeHead(status, { ...headers, ...(!request.raw.complete && { connection: 'close' }) })
    reply.raw.end(body)
    return
  }
  tellJson(reply.raw, 200, result.value.body, {
    ...idHeaders(client.format, request.id),
    [sourceHeader]: result.value.isEstimate ? 'estimate' : 'vendor',
  })
}
