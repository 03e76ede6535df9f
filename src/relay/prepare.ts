import type { UpstreamAction, Written } from '../dialects/dialect.ts'
import { type Fault, fault, ok, type Result, refuse } from '../model/fault.ts'
import { dropped, type Loss, tellLosses } from '../model/loss.ts'
import type { ChatRequest } from '../model/request.ts'
import { credential, type Outgoing, type SecretHeaders } from '../providers/credential.ts'
import { StoreOutage } from '../store/outage.ts'
import { type Edit, splice } from '../wire/splice.ts'
import type { Candidate } from './candidate.ts'
import { sessionOf } from './conversation.ts'
import type { Exchange } from './exchange.ts'
import { forwardedHeaders } from './forwarded-headers.ts'
import { inlineMedia } from './inline.ts'
import { lastTextIds } from './last-text.ts'
import { openIncoming } from './seals-in.ts'
import { promptSpliced, withPrompt } from './shaped-prompt.ts'
import { shapedBody, shapedHeaders } from './shaping.ts'
import { addressOf, makerOf, targetOf } from './target.ts'
import type { UpstreamRequest } from './upstream.ts'

/** A request ready to leave, and what must be known to read its answer. */
export interface Prepared {
  readonly request: UpstreamRequest
  readonly lost: readonly Loss[]
  readonly way: Way
}

export type Way =
  /** The client's bytes go out, the vendor's come back. */
  | { readonly kind: 'forward'; readonly hideUsageChunk: boolean }
  | {
      readonly kind: 'translate'
      /** As the client asked. */
      readonly ask: ChatRequest
      /** As it was written: envelopes opened, media inlined. */
      readonly sent: ChatRequest
      readonly written: Written
    }

const userAgent = 'causeway'

/** Writes the request for one candidate: spliced where both sides speak one dialect, translated elsewhere. */
export async function prepare(exchange: Exchange, candidate: Candidate): Promise<Result<Prepared>> {
  const made = mayForward(exchange, candidate) ? forwarded(exchange, candidate) : await translated(exchange, candidate)
  if (!made.ok) return made
  const action: UpstreamAction = exchange.peek.stream === false ? 'unary' : 'stream'
  const prepared = await addressed(candidate, action, made.value)
  if (!prepared.ok || !exchange.isStrict) return prepared.ok ? alsoLost(prepared.value, exchange) : prepared
  const lost = prepared.value.lost.filter(({ how }) => how !== 'forgotten')
  return lost.length > 0 ? refuse(strictFault(lost)) : alsoLost(prepared.value, exchange)
}

/** Wishes that mean nothing here are told, but are no reason to refuse. */
const alsoLost = (prepared: Prepared, { preferences }: Exchange): Result<Prepared> =>
  ok(preferences.lost.length === 0 ? prepared : { ...prepared, lost: [...prepared.lost, ...preferences.lost] })

/** Both sides speak one dialect, and this server knows enough of it. */
function mayForward({ dialect, incoming }: Exchange, candidate: Candidate): boolean {
  if (dialect?.id !== candidate.format) return false
  return dialect.forwarding.fits?.(incoming, targetOf(candidate).target) ?? true
}

interface Made {
  readonly body: Uint8Array | Record<string, unknown>
  readonly headers: Readonly<Record<string, string>>
  readonly lost: readonly Loss[]
  readonly way: Way
}

function forwarded(exchange: Exchange, candidate: Candidate): Result<Made> {
  const { dialect, incoming, bytes } = exchange
  if (!dialect) throw new Error('forwarding needs a dialect')
  const {
    edits,
    lost,
    hideUsageChunk,
    withoutHeaders,
    fault: refused,
  } = dialect.forwarding.edits(incoming, targetOf(candidate).target)
  if (refused) return refuse(refused)
  return ok({
    body: promptSpliced(
      edits.length === 0 || isIdle(edits, bytes, exchange.peek.model) ? bytes : splice(bytes, edits),
      dialect.id,
      candidate.channel.shaping?.systemPrompt,
    ),
    headers: forwardedHeaders(dialect.id, incoming.headers, withoutHeaders),
    lost,
    way: { kind: 'forward', hideUsageChunk },
  })
}

const modelKey = Buffer.from('"model"')
const escapedCharacter = Buffer.from('\\u')

/**
 * Whether all that would be done is to give the model the name that it has. Where the key could stand there twice it is
 * done nevertheless: of two models, we would admit one and the vendor answer with the other.
 */
function isIdle(edits: readonly Edit[], bytes: Uint8Array, model: string): boolean {
  const [only, ...more] = edits
  if (more.length > 0 || only?.path.length !== 1 || only.path[0] !== 'model' || only.value !== model) return false
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return body.indexOf(modelKey) === body.lastIndexOf(modelKey) && !body.includes(escapedCharacter)
}

async function translated(exchange: Exchange, candidate: Candidate): Promise<Result<Made>> {
  const asked = exchange.ask()
  if (!asked.ok) return asked
  const opened = openIncoming(asked.value, {
    maker: makerOf(candidate),
    channel: candidate.channel.name,
    format: candidate.format,
    open: (data) => exchange.relay.envelopes.open(data, exchange.key.id),
    kept: await keptEnvelopes(exchange, asked.value),
  })
  const { codec, target } = targetOf(candidate)
  const prompted = withPrompt(opened.request, candidate.channel.shaping?.systemPrompt)
  const inlined = await inlineMedia(prompted, (part) => codec.mustInline(part, target))
  if (!inlined.ok) return inlined
  const written = codec.writeRequest(named(inlined.value, exchange), target)
  if (!written.ok) return written
  return ok({
    body: written.value.body,
    headers: written.value.headers ?? {},
    lost: [...asked.value.lost.map(dropped), ...opened.lost, ...written.value.lost],
    way: { kind: 'translate', ask: asked.value, sent: inlined.value, written: written.value },
  })
}

/** With a name for the session, for vendors that keep the prompts of one name together; never the client's own. */
function named(ask: ChatRequest, { incoming, key }: Exchange): ChatRequest {
  if (ask.cache?.key !== undefined) return ask
  const conversation = sessionOf(incoming, key.id)
  return conversation === undefined ? ask : { ...ask, cache: { ...ask.cache, conversation } }
}

/** State that a client's history has no place for (Chat Completions, thoughts that were not asked for), by the id of its part. */
async function keptEnvelopes({ relay, key }: Exchange, ask: ChatRequest): Promise<ReadonlyMap<string, string>> {
  if (ask.format === 'openai-responses') return new Map()
  const calls = ask.turns.flatMap(({ parts }) => parts.flatMap((part) => (part.kind === 'tool_call' ? [part.id] : [])))
  const texts = ask.format === 'anthropic-messages' ? lastTextIds(ask.turns).values() : []
  const ids = [...calls, ...texts]
  if (ids.length === 0) return new Map()
  try {
    return await relay.store.seals.find(key.id, ids)
  } catch (error) {
    if (!(error instanceof StoreOutage)) throw error
    // Without them the model thinks again: that costs quality, and no answer at all would cost more.
    relay.log.warn({ err: error }, 'kept reasoning state was not found: the store does not answer')
    return new Map()
  }
}

/** Adds the address and the secret. */
export async function addressed<T extends Omit<Made, 'way'>>(
  candidate: Candidate,
  action: UpstreamAction,
  made: T,
): Promise<Result<T & { request: UpstreamRequest }>> {
  const address = addressOf(candidate, action)
  if (!address) return refuse(fault('internal', 'This channel has no address.'))
  const { shaping } = candidate.channel
  const dressed = dress(
    candidate,
    action,
    action === 'count' ? made : { ...made, body: shapedBody(made.body, shaping) },
  )
  const lost = [...made.lost, ...dressed.lost]
  const body = dressed.body instanceof Uint8Array ? dressed.body : Buffer.from(JSON.stringify(dressed.body))
  const plain: Record<string, string> = {
    'user-agent': userAgent,
    accept: action === 'stream' ? 'text/event-stream, application/json' : 'application/json',
    'accept-encoding': 'identity',
    ...dressed.headers,
    'content-type': 'application/json',
  }
  const headers = shapedHeaders(plain, shaping)
  const asked = { method: 'POST', url: `${address.origin}${address.path}`, headers, body } as const
  const secret = await secretHeaders(candidate, asked)
  if (!secret.ok) return secret
  return ok({ ...made, lost, request: { ...address, method: 'POST', headers: { ...headers, ...secret.value }, body } })
}

/** Vendors that hand out tokens of their own (Google's) can refuse or be away: then this candidate has failed. */
async function secretHeaders({ offer, provider, secret }: Candidate, asked: Outgoing): Promise<Result<SecretHeaders>> {
  try {
    return ok(await credential(offer.auth ?? provider.auth, secret).headers(asked))
  } catch (error) {
    return refuse(fault('bad_gateway', 'The upstream refused this gateway’s account.', { cause: error }))
  }
}

/** Hosts that want the vendor's body in other clothes (Bedrock, Vertex) get it re-serialised, key order kept. */
function dress({ offer }: Candidate, action: UpstreamAction, { body, headers }: Pick<Made, 'body' | 'headers'>) {
  if (!offer.wrap) return { body, headers, lost: [] }
  // The bytes were checked to be a JSON object when the request was read.
  const plain =
    body instanceof Uint8Array ? (JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>) : body
  return offer.wrap({ body: plain, headers, action })
}

const strictFault = (lost: readonly Loss[]): Fault =>
  fault('unsupported', `Cannot be carried to this model's upstream without loss: ${tellLosses(lost)}.`, {
    ...(lost[0] && { param: lost[0].field }),
  })
