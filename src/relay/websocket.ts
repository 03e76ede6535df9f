import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import { clientCodecs } from '../dialects/index.ts'
import { type Fault, fault, ok, type Result, refuse } from '../model/fault.ts'
import type { KeyRow } from '../model/rows.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import { sseReader } from '../wire/sse.ts'
import { authenticated } from './admit.ts'
import { type ChatRoute, converse } from './chat.ts'
import { rememberingRoute } from './connection-memory.ts'
import { headersOf } from './incoming.ts'
import type { Relay } from './relay.ts'
import type { Sink } from './sink.ts'

/** Bytes waiting in the socket above which the upstream is paused. */
const highWaterBytes = 65_536

/**
 * The Responses API over a WebSocket: each `response.create` message is a request, answered by the events of its stream,
 * one response at a time. The connection stays open for the next.
 */
export function conversationOver(socket: WebSocket, relay: Relay, request: IncomingMessage): void {
  const key = authenticated(relay, request)
  if (!key.ok) {
    tellFault(socket, key.fault)
    socket.close(1008, 'unauthorized')
    return
  }
  const route = rememberingRoute()
  let turn: Promise<void> | undefined
  socket.on('message', (data: Buffer) => {
    if (turn) return tellFault(socket, fault('conflict', 'A response is still being made on this connection.'))
    turn = oneTurn({ socket, relay, route, key: key.value, request }, data)
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

interface Connection {
  readonly socket: WebSocket
  readonly relay: Relay
  readonly route: ChatRoute
  readonly key: KeyRow
  readonly request: IncomingMessage
}

async function oneTurn({ key, relay, request, route, socket }: Connection, data: Buffer): Promise<void> {
  const created = createdBy(data)
  if (!created.ok) return tellFault(socket, created.fault)
  const incoming = { body: created.value, headers: headersOf(request) }
  const bytes = Buffer.from(JSON.stringify(created.value))
  const requestId = `req_${relay.newId()}`
  const refused = await converse(relay, route, { key, incoming, bytes }, socketSink(socket), requestId, relay.clock())
  if (refused) tellFault(socket, refused)
}

/** The request inside a `response.create` message, its fields beside the type or below `response`. */
function createdBy(data: Buffer): Result<Record<string, unknown>> {
  const parsed = parseJson(data)
  if (!parsed.ok) return refuse(fault('invalid', `The message is not valid JSON: ${parsed.problem}`))
  if (!isRecord(parsed.value) || parsed.value.type !== 'response.create')
    return refuse(fault('invalid', 'Messages must be objects of type "response.create".', { param: 'type' }))
  const { type: _type, response, ...fields } = parsed.value
  return ok({ ...(isRecord(response) ? response : fields), stream: true })
}

function tellFault(socket: WebSocket, refused: Fault): void {
  const { body, status } = clientCodecs['openai-responses'].writeFault(refused, '')
  socket.send(JSON.stringify({ type: 'error', status, ...body }))
}

/** Sends each SSE frame of the answer as one message: the payload alone. */
function socketSink(socket: WebSocket): Sink {
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
  return {
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
    onGone: (listener) => void socket.once('close', listener),
    onDrain: (listener) => void waiting.add(listener),
    onFlushed: (listener) => listener(),
  }
}
