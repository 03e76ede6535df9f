import type { IncomingMessage } from 'node:http'
import { upstreamCodecs } from '../dialects/index.ts'
import { compactAnswer, compactRequest } from '../dialects/openai-responses/compact.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { KeyRow } from '../model/rows.ts'
import { capabilitiesOf } from '../providers/models.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import { admit, authenticated } from './admit.ts'
import { ask } from './ask.ts'
import type { Candidate } from './candidate.ts'
import { type Asked, converse } from './chat.ts'
import { sealSummary } from './compaction.ts'
import { incomingOf } from './incoming.ts'
import { memorySink } from './memory-sink.ts'
import { plan } from './plan.ts'
import { addressed } from './prepare.ts'
import type { Relay } from './relay.ts'
import { responses } from './responses-route.ts'
import { responsesPrologue } from './responses-state.ts'

/** A vendor's own compaction is a generation of unknown length. */
const patienceMs = 300_000

/**
 * `POST /v1/responses/compact`: a conversation made shorter. By the vendor where it can, else by asking the model for a
 * summary, which comes back sealed and counts as text for every upstream.
 */
export async function compact(
  relay: Relay,
  request: IncomingMessage,
  requestId: string,
): Promise<Result<Record<string, unknown>>> {
  const key = authenticated(relay, request)
  if (!key.ok) return key
  const read = await incomingOf(relay, {}, request)
  if (!read.ok) return read
  const asked: Asked = { relay, requestId, key: key.value, ...read.value }
  const whole = await responsesPrologue(asked)
  if (!whole.ok) return whole
  const { body } = whole.value.incoming
  if (typeof body.model !== 'string') return refuse(fault('invalid', 'model: required', { param: 'model' }))
  const admitted = admit(key.value, body.model)
  if (!admitted.ok) return admitted
  const byVendor = await vendorCompacts(relay, body, admitted.value)
  return byVendor ? ok(byVendor) : summarised(asked, key.value, body)
}

async function vendorCompacts(
  relay: Relay,
  body: Readonly<Record<string, unknown>>,
  model: string,
): Promise<Record<string, unknown> | undefined> {
  const { health, providerOf, random } = relay
  const asked = { model, format: 'openai-responses', hasTools: false, providerOf, health, random } as const
  const candidate: Candidate | undefined = plan(relay.snapshot().channels, asked)[0]
  if (candidate?.format !== 'openai-responses') return undefined
  const ready = await addressed(candidate, 'unary', {
    body: { ...body, model: candidate.model },
    headers: {},
    lost: [],
  })
  if (!ready.ok) return undefined
  const { request } = ready.value
  const answer = await ask(relay, { ...request, path: `${request.path}/compact` }, patienceMs)
  const parsed = answer.ok && answer.status === 200 ? parseJson(answer.body) : undefined
  return parsed?.ok && isRecord(parsed.value) ? parsed.value : undefined
}

async function summarised(
  asked: Asked,
  key: KeyRow,
  body: Readonly<Record<string, unknown>>,
): Promise<Result<Record<string, unknown>>> {
  const { relay, requestId } = asked
  const wanted = compactRequest(body)
  const sink = memorySink()
  const incoming = { body: wanted, headers: asked.incoming.headers }
  const bytes = Buffer.from(JSON.stringify(wanted))
  const refused = await converse(relay, responses, { key, incoming, bytes }, sink, requestId, relay.clock())
  if (refused) return refuse(refused)
  const parsed = parseJson(sink.bytes())
  const target = { model: String(body.model), capabilities: capabilitiesOf(String(body.model)), quirks: {} }
  const codec = upstreamCodecs['openai-responses']
  const reply = parsed.ok
    ? codec.readReply(parsed.value, { target: { ...target, quirks: codec.quirks }, newId: relay.newId })
    : refuse(fault('bad_gateway', 'The upstream’s answer broke off.'))
  if (!reply.ok) return reply
  return ok(
    compactAnswer(body, reply.value, {
      newId: relay.newId,
      nowSeconds: Math.floor(relay.clock() / 1000),
      seal: (summary) => sealSummary(relay.envelopes, summary, key.id),
    }),
  )
}
