import type { IncomingMessage } from 'node:http'
import { compactAnswer } from '../dialects/openai-responses/compact.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import { admit, authenticated } from './admit.ts'
import { ask } from './ask.ts'
import type { Asked } from './chat.ts'
import { sealSummary } from './compaction.ts'
import { incomingOf } from './incoming.ts'
import { addressed } from './prepare.ts'
import type { Relay } from './relay.ts'
import { responsesPrologue } from './responses-state.ts'
import { compactor, summaryOf } from './summary.ts'

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
  const key = authenticated(relay, request, 'chat')
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
  const expanded = { ...asked, ...whole.value }
  const byVendor = await vendorCompacts(expanded, admitted.value)
  return byVendor ? ok(byVendor) : summarised(expanded)
}

async function vendorCompacts(asked: Asked, model: string): Promise<Record<string, unknown> | undefined> {
  const { incoming, relay } = asked
  const candidate = compactor(asked, model)
  if (!candidate) return undefined
  const body = { ...incoming.body, model: candidate.model }
  const ready = await addressed(candidate, 'unary', { body, headers: {}, lost: [] })
  if (!ready.ok) return undefined
  const { request } = ready.value
  const answer = await ask(relay, { ...request, path: `${request.path}/compact` }, patienceMs)
  const parsed = answer.ok && answer.status === 200 ? parseJson(answer.body) : undefined
  return parsed?.ok && isRecord(parsed.value) ? parsed.value : undefined
}

async function summarised(asked: Asked): Promise<Result<Record<string, unknown>>> {
  const { incoming, key, relay } = asked
  const reply = await summaryOf(asked)
  if (!reply.ok) return reply
  return ok(
    compactAnswer(incoming.body, reply.value, {
      newId: relay.newId,
      nowSeconds: Math.floor(relay.clock() / 1000),
      seal: (summary) => sealSummary(relay.envelopes, summary, key.id),
    }),
  )
}
