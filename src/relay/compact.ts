import type { IncomingMessage } from 'node:http'
import { clientCodecs, dialects } from '../dialects/index.ts'
import { compactAnswer } from '../dialects/openai-responses/compact.ts'
import { type Fault, fault, ok, type Result, refuse } from '../model/fault.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import { admit, authenticated } from './admit.ts'
import { ask } from './ask.ts'
import type { Outcome } from './attempt.ts'
import { type Bill, openBill, type Payable } from './bill.ts'
import type { Candidate } from './candidate.ts'
import type { Asked } from './chat.ts'
import { sealSummary } from './compaction.ts'
import { takeCostWish } from './cost-in-answer.ts'
import { answerNamed, summaryId } from './idempotency.ts'
import { incomingOf } from './incoming.ts'
import { addressed } from './prepare.ts'
import { guessTokens, limitedForModel, limitedOf } from './quota.ts'
import type { Relay } from './relay.ts'
import { idHeaders } from './response-headers.ts'
import { responsesPrologue } from './responses-state.ts'
import { seats } from './seats.ts'
import type { Sink } from './sink.ts'
import { compactor, summaryOf } from './summary.ts'
import { visit } from './visit.ts'

/** A vendor's own compaction is a generation of unknown length. */
const patienceMs = 300_000

/**
 * `POST /v1/responses/compact`: a conversation made shorter. By the vendor where it can, else by asking the model for a
 * summary, which comes back sealed and counts as text for every upstream.
 */
export async function compact(
  relay: Relay,
  request: IncomingMessage,
  sink: Sink,
  requestId: string,
): Promise<Fault | undefined> {
  const key = authenticated(relay, request, 'chat')
  if (!key.ok) return key.fault
  const pass = visit(relay.till.limiter)
  const full = pass.enter(limitedOf(relay, key.value))
  if (full) return full
  try {
    const read = await incomingOf(relay, {}, request)
    if (!read.ok) return read.fault
    const asked: Asked = { relay, requestId, key: key.value, pass, ...takeCostWish(read.value, 'openai-responses') }
    const run = async (to: Sink): Promise<Fault | undefined> => {
      const answer = await compacted(asked)
      if (!answer.ok) return answer.fault
      tellWhole(to, answer.value, requestId)
      return undefined
    }
    return await answerNamed(relay, { keyId: key.value.id, requestId, request, ...read.value }, sink, run)
  } finally {
    pass.end()
  }
}

function tellWhole(sink: Sink, answer: Record<string, unknown>, requestId: string): void {
  if (sink.isGone) return
  const body = Buffer.from(JSON.stringify(answer))
  sink.head(200, {
    ...idHeaders('openai-responses', requestId),
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length),
  })
  sink.end(body)
}

async function compacted(asked: Asked): Promise<Result<Record<string, unknown>>> {
  const { key, pass, relay, requestId } = asked
  const whole = await responsesPrologue(asked)
  if (!whole.ok) return whole
  const { body } = whole.value.incoming
  if (typeof body.model !== 'string') return refuse(fault('invalid', 'model: required', { param: 'model' }))
  const admitted = admit(key, body.model)
  if (!admitted.ok) return admitted
  const expanded = { ...asked, ...whole.value }
  const full = pass.enter(limitedForModel(relay, key, admitted.value), guessTokens(expanded.bytes))
  if (full) return refuse(full)
  const candidate = compactor(expanded, admitted.value)
  if (!candidate) return summarised(expanded)
  const seat = seats({ ...expanded, model: admitted.value }).take(candidate)
  // Others may have room for a summary.
  if (!('leave' in seat)) return summarised(expanded)
  let outcome: Outcome | undefined
  let bill: Bill | undefined
  try {
    const paid = await openBill(payableOf(expanded, admitted.value), [candidate])
    if (!paid.ok) return paid
    bill = paid.value
    const byVendor = await vendorCompacts(expanded, candidate)
    outcome = outcomeOf(byVendor)
    bill.attempted(candidate, outcome)
    if (byVendor) return ok(byVendor)
  } finally {
    bill?.close()
    seat.leave(outcome)
  }
  return summarised({ ...expanded, requestId: summaryId(requestId) })
}

const payableOf = (asked: Asked, model: string): Payable => ({
  ...asked,
  client: clientCodecs['openai-responses'],
  model,
  peek: { model: String(asked.incoming.body.model), stream: false },
  ask: () => clientCodecs['openai-responses'].readRequest(asked.incoming),
  startedAtMs: asked.relay.clock(),
})

/** The vendor's answer holds the usage as any of its answers does. */
function outcomeOf(byVendor: Record<string, unknown> | undefined): Outcome {
  if (!byVendor) return { kind: 'failed', fault: fault('bad_gateway', 'The upstream did not compact.') }
  const { usage } = dialects['openai-responses'].forwarding.readReply(byVendor)
  const counted = Math.ceil(JSON.stringify(byVendor).length / bytesPerToken)
  return { kind: 'answered', answered: { usage, counted, hasContent: true, lost: [] } }
}

const bytesPerToken = 5

async function vendorCompacts(asked: Asked, candidate: Candidate): Promise<Record<string, unknown> | undefined> {
  const { incoming, relay } = asked
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
