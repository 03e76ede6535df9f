import type { FastifyInstance } from 'fastify'
import { clientCodecs } from '../dialects/index.ts'
import type { ClientFormat } from '../model/dialect.ts'
import { fault } from '../model/fault.ts'
import type { Relay } from '../relay/relay.ts'
import { faultAnswer } from '../relay/tell-fault.ts'

/** Which format the callers of a path speak. */
const formatOf = (path: string): ClientFormat => {
  if (/^\/v1(?:beta|alpha)/.test(path) || /^\/v1\/models\/.*:/.test(path)) return 'gemini'
  return path.startsWith('/v1/messages') ? 'anthropic-messages' : 'openai-chat'
}

/** Paths that nobody serves, and errors of the router itself, in the format that the path belongs to. */
export function notFound(server: FastifyInstance, relay: Relay): void {
  const tell = (format: ClientFormat, id: string, refused: ReturnType<typeof fault>) =>
    faultAnswer(clientCodecs[format], refused, id)
  server.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0] ?? ''
    const told = tell(formatOf(path), request.id, fault('not_found', `There is no ${request.method} ${path} here.`))
    return reply.code(told.status).headers(told.headers).send(told.body)
  })
  server.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    const isOurs = (error.statusCode ?? 500) >= 500
    if (isOurs) relay.log.error({ err: error, requestId: request.id }, 'a request failed unexpectedly')
    const refused = isOurs ? fault('internal', 'Something went wrong here.') : fault('invalid', error.message)
    const told = tell(formatOf(request.url), request.id, refused)
    return reply.code(told.status).headers(told.headers).send(told.body)
  })
}
