import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import { clientCodecs } from '../dialects/index.ts'
import { type Fault, fault, ok, type Result, refuse } from '../model/fault.ts'
import type { KeyRow } from '../model/rows.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import { sseReader } from '../wire/sse.ts'
import { authenticated } from './admit.ts'
import { converse } from './chat.ts'
import { type ConnectionRoutes, rememberingRoutes } from './connection-memory.ts'
import { headersOf } from './incoming.ts'
import { takePreferences } from './preferences.ts'
import { limitedOf } from './quota.ts'
import type { Relay } from './relay.ts'
import type { Sink } from './sink.ts'
import { visit } from './visit.ts'

/** Bytes waiting in the socket above which the upstream is paused. */
const highWaterBytes = 65_536

/** How long a connection takes new requests, as at the format's own vendor: each keeps a conversation in memory. */
const longestMs = 60 * 60_000

/**
 * The Responses API over a WebSocket: each `response.create` message is a request, answered by the events of its stream,
 * one response at a time. The connection stays open for the next.
 */
export function conversationOver(socket: WebSocket, relay: Relay, request: IncomingMessage): void {
  const key = authenticated(relay, request, 'chat')
  if (!key.ok) {
    turnAway(socket, key.fault)
    return
  }
  const routes = rememberingRoutes()
  const openedAtMs = relay.clock()
  let turn: Promise<void> | undefined
  socket.on('message', (data: Buffer) => {
    if (turn) return tellFault(socket, fault('conflict', 'A response is still being made on this connection.'))
    if (relay.clock() - openedAtMs > longestMs) {
      tellFault(socket, worn)
      return socket.close(1000, 'reconnect')
    }
    // What a key may do can change within an hour. While nobody can look it up, the connection waits.
    const asking = authenticated(relay, request, 'chat')
    if (!asking.ok && asking.fault.class === 'overloaded') return tellFault(socket, asking.fault)
    if (!asking.ok) return turnAway(socket, asking.fault)
    turn = oneTurn({ socket, relay, routes, key: asking.value, request }, data)
      .catch((error: unknown) => {
        relay.log.error({ err: error }, 'a request failed unexpectedly')
        tellFault(socket, fault('internal', 'Something went wrong here.'))
      })
      .finally(() => {
        turn = undefined
      })
  })
  socket.on('error', () => socket.terminate())
}

function turnAway(socket: WebSocket, refused: Fault): void {
  tellFault(socket, refused)
  socket.close(1008, 'unauthorized')
}

/** Codex opens a new connection on this code. */
const worn = fault('invalid', 'This connection has been open for 60 minutes. Open a new one to go on.', {
  code: 'websocket_connection_limit_reached',
})

interface Connection {
  readonly socket: WebSocket
  readonly relay: Relay
  readonly routes: ConnectionRoutes
  readonly key: KeyRow
  readonly request: IncomingMessage
}

async function oneTurn({ key, relay, request, routes, socket }: Connection, data: Buffer): Promise<void> {
  const created = createdBy(data)
  if (!created.ok) return tellFault(socket, created.fault)
  const { body, isGenerated } = created.value
  const incoming = { body, headers: turnHeaders(request) }
  const said = takePreferences({ incoming, bytes: Buffer.from(JSON.stringify(body)) })
  if (!said.ok) return tellFault(socket, said.fault)
  const pass = visit(relay.till.limiter)
  const full = pass.enter(limitedOf(relay, key))
  if (full) return tellFault(socket, full)
  const asked = { key, pass, ...said.value }
  const route = isGenerated ? routes.turn : routes.prewarm
  const sink = socketSink(socket)
  const refused = await converse(relay, route, asked, sink, `req_${relay.newId()}`, relay.clock()).finally(() =>
    pass.end(),
  )
  sink.release()
  if (refused) tellFault(socket, refused)
}

/** The upstream is asked over HTTP: what the client says of its socket is not for it. */
function turnHeaders(request: IncomingMessage): Record<string, string> {
  const { 'openai-beta': said = '', ...headers } = headersOf(request)
  const betas = said.split(',').filter((beta) => !/^\s*responses_websockets\b/.test(beta))
  const left = betas.join(',').trim()
  return { ...headers, ...(left !== '' && { 'openai-beta': left }) }
}

interface Created {
  readonly body: Record<string, unknown>
  readonly isGenerated: boolean
}

/** The request inside a `response.create` message, its fields beside the type or below `response`. */
function createdBy(data: Buffer): Result<Created> {
  const parsed = parseJson(data)
  if (!parsed.ok) return refuse(fault('invalid', `The message is not valid JSON: ${parsed.problem}`))
  if (!isRecord(parsed.value) || parsed.value.type !== 'response.create')
    return refuse(fault('invalid', 'Messages must be objects of type "response.create".', { param: 'type' }))
  const { type: _type, response, ...fields } = parsed.value
  const { generate, ...body } = isRecord(response) ? response : fields
  return ok({ body: { ...body, stream: true }, isGenerated: generate !== false })
}

/** As over HTTP; the headers go along, because clients wait as long as `retry-after` says. */
function tellFault(socket: WebSocket, refused: Fault): void {
  const { body, headers, status } = clientCodecs['openai-responses'].writeFault(refused, '')
  const { 'x-request-id': _, ...told } = headers
  socket.send(
    JSON.stringify({ type: 'error', status, ...body, ...(Object.keys(told).length > 0 && { headers: told }) }),
  )
}

/** Sends each SSE frame of the answer as one message: the payload alone. A turn lets go of the socket at its end. */
function socketSink(socket: WebSocket): Sink & { release(): void } {
  const frames = sseReader()
  let hasHead = false
  const send = (data: string | Uint8Array): boolean => {
    for (const frame of frames.push(typeof data === 'string' ? Buffer.from(data) : data))
      if (frame.data !== '') socket.send(frame.data, () => drained())
    return socket.bufferedAmount < highWaterBytes
  }
  const waiting = new Set<() => void>()
  const drained = (): void => {
    if (socket.bufferedAmount < highWaterBytes) for (const listener of waiting) listener()
  }
  const leaving = new Set<() => void>()
  const left = (): void => {
    for (const listener of leaving) listener()
  }
  socket.once('close', left)
  return {
    release: () => void socket.off('close', left),
    get isGone() {
      return socket.readyState !== socket.OPEN
    },
    get hasHead() {
      return hasHead
    },
    head: () => {
      hasHead = true
    },
    write: send,
    end: (data) => {
      if (data) send(data)
    },
    breakOff: () => socket.terminate(),
    onGone: (listener) => void leaving.add(listener),
    onDrain: (listener) => void waiting.add(listener),
    onFlushed: (listener) => listener(),
  }
}
