import { type Dispatcher, request } from 'undici'
import { guardedAgent, type Lookup } from './guarded-agent.ts'
import { mediaType } from './media-type.ts'

/** How far a fetch may go. `bytes` counts the body, `timeoutMs` the whole, redirects included. */
export interface MediaOptions {
  timeoutMs?: number
  bytes?: number
  redirects?: number
  /** Plain `http:` too; otherwise `https:` alone. */
  allowHttp?: boolean
  /** Addresses to allow besides public ones, on any port: a private media store, a test's loopback server. */
  allow?: (address: string) => boolean
  /** Name resolution, the system's by default. */
  lookup?: Lookup
}

/** A file and what it is, or a short text for the API's user that says why there is none. */
export type MediaResult = { ok: true; bytes: Buffer; mime: string } | { ok: false; problem: string }

/**
 * Fetches media from a URL that a stranger gave, without reaching inside our network: the address that is connected to is checked
 * (so a name that changes its mind gains nothing), every redirect is checked again, nothing of ours is sent along.
 */
export async function fetchMedia(url: string, options: MediaOptions = {}): Promise<MediaResult> {
  const timeoutMs = options.timeoutMs ?? 10_000
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), timeoutMs)
  const agent = guardedAgent({
    timeoutMs,
    ...(options.allow && { allow: options.allow }),
    ...(options.lookup && { lookup: options.lookup }),
  })
  try {
    return await follow(url, { options, dispatcher: agent, signal: late.signal })
  } catch (error) {
    if (late.signal.aborted) return refuse(`the server took longer than ${timeoutMs} ms`)
    return refuse(reasonOf(error))
  } finally {
    clearTimeout(timer)
    await agent.destroy()
  }
}

interface Trip {
  options: MediaOptions
  dispatcher: Dispatcher
  signal: AbortSignal
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const HEADERS = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'causeway' }

const refuse = (problem: string): MediaResult => ({ ok: false, problem })

async function follow(first: string, { options, dispatcher, signal }: Trip): Promise<MediaResult> {
  const redirects = options.redirects ?? 5
  let target = URL.parse(first)
  for (let hop = 0; hop <= redirects; hop++) {
    const problem = target === null ? 'not a URL' : urlProblem(target, options)
    if (target === null || problem !== undefined) return refuse(problem ?? 'not a URL')
    const response = await request(target, { dispatcher, signal, headers: HEADERS })
    if (!REDIRECTS.has(response.statusCode)) return receive(response, options.bytes ?? 20 * 2 ** 20)
    await response.body.dump({ limit: 16_384 })
    const location = single(response.headers.location)
    if (location === undefined) return refuse('the server redirects to nowhere')
    target = URL.parse(location, target)
  }
  return refuse(`more than ${redirects} redirects`)
}

function urlProblem(url: URL, options: MediaOptions): string | undefined {
  const isHttp = url.protocol === 'http:' && options.allowHttp === true
  if (!isHttp && url.protocol !== 'https:') return `URLs must begin with https:${options.allowHttp ? ' or http:' : ''}`
  if (url.username !== '' || url.password !== '') return 'URLs must not carry a name or password'
  return undefined
}

async function receive(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  limitBytes: number,
): Promise<MediaResult> {
  const problem = responseProblem(statusCode, headers, limitBytes)
  const chunks: Buffer[] = []
  let sizeBytes = 0
  if (problem === undefined) {
    for await (const chunk of body) {
      // undici's body yields Buffers as long as no encoding is set on it.
      chunks.push(chunk as Buffer)
      sizeBytes += chunk.length
      if (sizeBytes > limitBytes) return refuse(tooLarge(limitBytes))
    }
  }
  body.on('error', () => undefined).destroy()
  if (problem !== undefined) return refuse(problem)
  if (sizeBytes === 0) return refuse('the file is empty')
  const bytes = Buffer.concat(chunks)
  return { ok: true, bytes, mime: await mediaType(bytes, single(headers['content-type'])) }
}

function responseProblem(status: number, headers: Dispatcher.ResponseData['headers'], limitBytes: number) {
  if (status !== 200) return `the server answered ${status}`
  if (Number(single(headers['content-length']) ?? 0) > limitBytes) return tooLarge(limitBytes)
  const encoding = single(headers['content-encoding']) ?? 'identity'
  return encoding === 'identity' ? undefined : 'the server compressed the file without being asked to'
}

const tooLarge = (limitBytes: number) => `the file is larger than ${limitBytes} bytes`

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header

/** Network faults in words; addresses and internals stay here. Whatever has no code is a bug of ours. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error && 'code' in error)) throw error
  return REASONS[String(error.code)] ?? 'the server could not be reached'
}

const REASONS: Readonly<Record<string, string>> = {
  ERR_ADDRESS_REFUSED: 'the address is not allowed',
  ENOTFOUND: 'the host name is unknown',
  ECONNREFUSED: 'the server refused the connection',
}
