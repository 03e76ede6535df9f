import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clientCodecs, dialects } from '../dialects/index.ts'
import type { StreamForm } from '../model/request.ts'
import type { Relay } from '../relay/relay.ts'
import { relayed } from './chat.ts'
import { counted } from './count.ts'
import { type GeminiAction, type GeminiPath, geminiPath } from './gemini-path.ts'

type Handler = (relay: Relay, path: GeminiPath, request: FastifyRequest, reply: FastifyReply) => void | Promise<void>

const chatAs =
  (form: (path: GeminiPath) => StreamForm): Handler =>
  (relay, path, request, reply) =>
    relayed(
      relay,
      { client: clientCodecs.gemini, dialect: dialects.gemini, path: { model: path.model, stream: form(path) } },
      request,
      reply,
    )

const handlers: Record<GeminiAction, Handler> = {
  generateContent: chatAs(() => false),
  streamGenerateContent: chatAs(({ isSse }) => (isSse ? 'sse' : 'json-array')),
  countTokens: (relay, { model }, request, reply) =>
    counted(relay, { dialect: dialects.gemini, path: { model, stream: false } }, request, reply),
}

/** Google's SDKs ask under three versions, Vertex's under a fourth. What else is posted below them has a route of its own. */
const roots = ['/v1beta/*', '/v1alpha/*', '/v1beta1/*', '/v1/*'] as const

export function geminiRoutes(server: FastifyInstance, relay: Relay): void {
  for (const root of roots)
    server.post(root, (request, reply) => {
      const path = geminiPath(request.raw.url ?? '')
      return path ? handlers[path.action](relay, path, request, reply) : reply.callNotFound()
    })
}
