import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clientCodecs, dialects } from '../dialects/index.ts'
import { isResponsesShaped } from '../dialects/openai-chat/index.ts'
import { type ChatRoute, chat } from '../relay/chat.ts'
import type { Relay } from '../relay/relay.ts'
import { responses } from '../relay/responses-route.ts'
import { httpSink } from '../relay/sink.ts'

const messages: ChatRoute = { client: clientCodecs['anthropic-messages'], dialect: dialects['anthropic-messages'] }

const chatCompletions: ChatRoute = {
  client: clientCodecs['openai-chat'],
  dialect: dialects['openai-chat'],
  // Cursor posts Responses bodies here and expects chat chunks back.
  readerOf: (body) => (isResponsesShaped(body) ? clientCodecs['openai-responses'] : undefined),
}

const completions: ChatRoute = { client: clientCodecs['openai-completions'] }

/** The routes of the OpenAI and Anthropic formats that answer with a chat reply. */
export function chatRoutes(server: FastifyInstance, relay: Relay): void {
  const at = (path: string, route: ChatRoute) =>
    server.post(path, (request, reply) => relayed(relay, route, request, reply))
  at('/v1/messages', messages)
  at('/v1/chat/completions', chatCompletions)
  at('/v1/completions', completions)
  at('/v1/responses', responses)
}

/** Hands the raw request and response to the relay. */
export function relayed(relay: Relay, route: ChatRoute, request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack()
  chat(relay, route, request.raw, httpSink(reply.raw), request.id).catch((error: unknown) => {
    // A bug of ours: the client gets an end, the log gets the reason.
    relay.log.error({ err: error, requestId: request.id }, 'a request failed unexpectedly')
    reply.raw.destroy()
  })
}
