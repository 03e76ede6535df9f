import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from '../wire/body.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import type { Refusal } from './format.ts'
import { hash } from './hash.ts'
import type { PrefixCache } from './prefix-cache.ts'
import type { Route } from './routes.ts'
import type { Tally } from './tally.ts'
import type { Untyped } from './untyped.ts'

/** What a test sees of each request. `body` is undefined when there was none or it was no JSON. */
export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

/** How the sandbox is run: time comes from outside. */
export interface Surroundings {
  readonly clock: () => number
  readonly pause: (ms: number) => Promise<void>
  readonly cache: PrefixCache
  readonly refusals: Tally
  readonly onRequest?: (seen: SeenRequest) => void
}

/** One request on its way through the sandbox. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly route: Route
  readonly surroundings: Surroundings
}

const BODY_BYTES = 64 * 2 ** 20
const BODY_MS = 60_000
const STATUSES = { too_large: 413, encoding: 400, timeout: 408, corrupt: 400, aborted: 400 } as const

/** The request's body as an object, or why it is none. */
export async function readRequest({ request }: Exchange): Promise<{ readonly body: Untyped } | Refusal> {
  const read = await readBody(request, { bytes: BODY_BYTES, inflatedBytes: BODY_BYTES, timeoutMs: BODY_MS })
  if (!read.ok) return { status: STATUSES[read.problem], message: read.message }
  const parsed = parseJson(read.bytes)
  if (!parsed.ok) return { status: 400, message: `We could not parse the JSON body of your request: ${parsed.problem}` }
  return isRecord(parsed.value)
    ? { body: parsed.value }
    : { status: 400, message: 'The request body must be an object.' }
}

/** The same for the same request, whether or not it streams. */
export function seedOf(url: URL, { stream: _, stream_options: __, ...body }: Untyped): string {
  return hash(url.pathname.replace(':streamGenerateContent', ':generateContent'), JSON.stringify(body))
}

export const requestIdOf = (seed: string): string => `req_sandbox_${seed.slice(0, 20)}`

interface Writing {
  readonly status: number
  readonly type: string
  readonly requestId: string
  readonly headers?: Readonly<Record<string, string | number>>
}

/** Says who answers; every answer begins with this. */
export function writeHead({ response, route }: Exchange, { status, type, requestId, headers }: Writing): void {
  response.writeHead(status, {
    'content-type': type,
    'x-sandbox': '1',
    [route.format.requestIdHeader]: requestId,
    ...headers,
  })
}

/** A whole answer in JSON. */
export function writeJson(exchange: Exchange, writing: Omit<Writing, 'type'> & { readonly body: unknown }): void {
  const bytes = Buffer.from(JSON.stringify(writing.body))
  writeHead(exchange, {
    ...writing,
    type: 'application/json',
    headers: { ...writing.headers, 'content-length': bytes.length },
  })
  exchange.response.end(bytes)
}

/** Seconds after which to come again, where the status says to. */
const RETRY_SECONDS: Readonly<Record<number, number>> = { 429: 1, 503: 1 }

/** An error in the vendor's words. An unread body ends the connection. */
export function writeRefusal(exchange: Exchange, refusal: Refusal, seed = ''): void {
  const { request, url, route } = exchange
  const requestId = requestIdOf(seed)
  const seconds = RETRY_SECONDS[refusal.status]
  const isUnread = !request.complete
  writeJson(exchange, {
    status: refusal.status,
    requestId,
    headers: { ...(seconds !== undefined && { 'retry-after': seconds }), ...(isUnread && { connection: 'close' }) },
    body: route.format.refuse(refusal, { url, requestId }),
  })
}

/** A refusal that a directive asked for, in words that leave no doubt. */
export const stagedRefusal = (status: number): Refusal => ({
  status,
  message: STAGED[status] ?? `The sandbox was told to fail with ${status}.`,
})

const STAGED: Readonly<Record<number, string>> = {
  429: 'The sandbox was told to limit you. Please try again in 1s.',
  503: 'The sandbox was told to be overloaded.',
  529: 'Overloaded',
}
