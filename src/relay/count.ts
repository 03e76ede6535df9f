import type { IncomingMessage } from 'node:http'
import type { Dialect, IncomingRequest } from '../dialects/dialect.ts'
import type { DialectId } from '../model/dialect.ts'
import { estimateRequest } from '../model/estimate.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { KeyRow } from '../model/rows.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import { splice } from '../wire/splice.ts'
import { admit, authenticated } from './admit.ts'
import { ask } from './ask.ts'
import type { Candidate } from './candidate.ts'
import type { ChatRoute } from './chat.ts'
import { takeCostWish } from './cost-in-answer.ts'
import { forwardedHeaders } from './forwarded-headers.ts'
import { incomingOf } from './incoming.ts'
import { plan } from './plan.ts'
import { addressed } from './prepare.ts'
import { channelsFor } from './reach.ts'
import type { Relay } from './relay.ts'
import { openIncoming } from './seals-in.ts'
import { makerOf, targetOf } from './target.ts'
import { unserved } from './unknown-model.ts'

/** A counting route: the format that asks, and the model where the path says it. */
export interface CountRoute {
  readonly dialect: Dialect
  readonly path?: NonNullable<ChatRoute['path']>
}

export interface Counted {
  readonly body: Record<string, unknown>
  readonly isEstimate: boolean
}

/** Counting is cheap for the vendor; a slow counter is not worth waiting for. */
const patienceMs = 3_000

const answers: Record<DialectId, (tokens: number) => Record<string, unknown>> = {
  'anthropic-messages': (tokens) => ({ input_tokens: tokens }),
  'openai-chat': (tokens) => ({ input_tokens: tokens }),
  'openai-responses': (tokens) => ({ object: 'response.input_tokens', input_tokens: tokens }),
  gemini: (tokens) => ({ totalTokens: tokens }),
}

/**
 * The tokens that a request would read: from the vendor's own counter where there is one, else estimated here. Never a
 * generation, and never a 5xx: an agent that cannot count stops working.
 */
export async function count(relay: Relay, route: CountRoute, request: IncomingMessage): Promise<Result<Counted>> {
  const key = authenticated(relay, request, 'count')
  if (!key.ok) return key
  const read = await incomingOf(relay, route, request)
  if (!read.ok) return read
  const { incoming } = takeCostWish(
    { ...read.value, incoming: withoutWrapper(read.value.incoming) },
    route.dialect.client.format,
  )
  const peek = route.dialect.forwarding.peek(incoming)
  if (!peek.ok) return peek
  const admitted = admit(key.value, peek.value.model)
  return admitted.ok ? ofModel(relay, route, incoming, key.value, admitted.value) : admitted
}

async function ofModel(
  relay: Relay,
  { dialect }: CountRoute,
  incoming: IncomingRequest,
  key: KeyRow,
  model: string,
): Promise<Result<Counted>> {
  const { displaced, health, providerOf, random } = relay
  const { candidates } = plan(channelsFor(relay.snapshot(), key), {
    model,
    format: dialect.id,
    hasTools: false,
    providerOf,
    health,
    displaced,
    random,
  })
  const candidate = candidates[0]
  if (!candidate) return refuse(unserved(relay.snapshot(), key, model))
  const tokens = await counted(relay, dialect, candidate, incoming, key)
  if (tokens !== undefined) return ok({ body: answers[dialect.id](tokens), isEstimate: false })
  const asked = dialect.client.readRequest(incoming)
  return asked.ok ? ok({ body: answers[dialect.id](estimateRequest(asked.value)), isEstimate: true }) : asked
}

/** The vendor's number, or undefined when it has no counter or the counter failed. */
async function counted(
  relay: Relay,
  dialect: Dialect,
  candidate: Candidate,
  incoming: IncomingRequest,
  key: KeyRow,
): Promise<number | undefined> {
  const { codec, target } = targetOf(candidate)
  if (!codec.count || candidate.offer.countsTokens === false) return undefined
  const written =
    candidate.format === dialect.id
      ? ownWords(dialect, incoming, candidate)
      : translated(relay, dialect, candidate, incoming, key)
  if (!written.ok) return undefined
  const ready = await addressed(candidate, 'count', { ...written.value, lost: [] })
  if (!ready.ok) return undefined
  const answer = await ask(relay, ready.value.request, patienceMs)
  if (!answer.ok || answer.status !== 200) {
    relay.log.debug({ channel: candidate.channel.name, model: target.model }, 'the upstream could not count')
    return undefined
  }
  const parsed = parseJson(answer.body)
  return parsed.ok ? codec.count.readReply(parsed.value) : undefined
}

interface Words {
  readonly body: Uint8Array | Record<string, unknown>
  readonly headers: Readonly<Record<string, string>>
}

function ownWords(dialect: Dialect, incoming: IncomingRequest, candidate: Candidate): Result<Words> {
  const { edits, withoutHeaders } = dialect.forwarding.edits(incoming, targetOf(candidate).target)
  // An output limit that the client left out is the chat's business: counters refuse it.
  const wanted = edits.filter(({ path }) => path[0] !== 'max_tokens')
  const body = splice(Buffer.from(JSON.stringify(incoming.body)), wanted)
  return ok({ body, headers: forwardedHeaders(dialect.id, incoming.headers, withoutHeaders) })
}

function translated(
  relay: Relay,
  dialect: Dialect,
  candidate: Candidate,
  incoming: IncomingRequest,
  key: KeyRow,
): Result<Words> {
  const { codec, target } = targetOf(candidate)
  const asked = dialect.client.readRequest(incoming)
  if (!asked.ok) return asked
  const { request } = openIncoming(asked.value, {
    maker: makerOf(candidate),
    channel: candidate.channel.name,
    format: candidate.format,
    open: (data) => relay.envelopes.open(data, key.id),
    kept: new Map(),
  })
  const written = codec.count?.writeRequest(request, target) ?? refuse(fault('unsupported', 'No counter.'))
  if (!written.ok) return written
  const headers = codec.format === 'anthropic-messages' ? { 'anthropic-version': '2023-06-01' } : {}
  return ok({ body: written.value, headers })
}

/** Gemini's clients may wrap the request that they want counted. */
function withoutWrapper(incoming: IncomingRequest): IncomingRequest {
  const wrapped = incoming.body.generateContentRequest ?? incoming.body.generate_content_request
  return isRecord(wrapped) ? { ...incoming, body: wrapped } : incoming
}
