import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clientCodecs } from '../dialects/index.ts'
import type { ClientFormat } from '../model/dialect.ts'
import { type Fault, fault } from '../model/fault.ts'
import type { Relay } from '../relay/relay.ts'
import { shortened } from '../relay/shortened.ts'
import { faultAnswer } from '../relay/tell-fault.ts'
import { endsInAction } from './gemini-path.ts'

/** Which format the callers of a path speak. */
const formatOf = (path: string): ClientFormat => {
  if (/^\/v1(?:beta|alpha)/.test(path) || /^\/v1\/models\/.*:/.test(path) || endsInAction(path)) return 'gemini'
  return path.startsWith('/v1/messages') ? 'anthropic-messages' : 'openai-chat'
}

/** Paths that nobody serves, and errors of the router itself, in the format that the path belongs to. */
export function notFound(server: FastifyInstance, relay: Relay): void {
  server.setNotFoundHandler(async (request, reply) =>
    tell(request, reply, fault('not_found', `There is no ${request.method} ${pathOf(request)} here.`)),
  )
  server.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) => {
    const isOurs = (error.statusCode ?? 500) >= 500
    if (isOurs) relay.log.error({ err: error, requestId: request.id }, 'a request failed unexpectedly')
    return tell(
      request,
      reply,
      isOurs ? fault('internal', 'Something went wrong here.') : fault('invalid', error.message),
    )
  })
}

/** Paths that cannot even be decoded never come to a handler. */
export function badPath(_: Error, request: FastifyRequest, reply: FastifyReply): void {
  tell(request, reply, fault('invalid', `The path ${pathOf(request)} cannot be decoded.`))
}

/** Without the query, which may hold a key. */
const pathOf = ({ raw }: FastifyRequest): string => shortened(raw.url?.split('?')[0] ?? '')

function tell(request: FastifyRequest, reply: FastifyReply, refused: Fault): FastifyReply {
  const { body, headers, status } = faultAnswer(clientCodecs[formatOf(request.raw.url ?? '')], refused, request.id)
  return reply.code(status).headers(headers).send(body)
}
