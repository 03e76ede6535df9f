import { dialects } from '../dialects/index.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { StoredResponse } from '../model/rows.ts'
import type { UnfinishedRow } from '../store/unfinished.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import { ask } from './ask.ts'
import type { Candidate } from './candidate.ts'
import { tellsBilled, withoutBilled } from './cost-in-answer.ts'
import { chargeLate, isWhole } from './late-charge.ts'
import { digestOf, readTerms, type Terms } from './late-terms.ts'
import { addressed } from './prepare.ts'
import type { Relay } from './relay.ts'
import { presentable } from './scrub.ts'

type Response = Readonly<Record<string, unknown>>

const patienceMs = 30_000
const pending: ReadonlySet<unknown> = new Set(['queued', 'in_progress'])

/** Whether its vendor still works on it. */
export const isUnfinished = ({ status }: Response): boolean => pending.has(status)

/** A response that its vendor still works on is asked for again there; every other is as it was kept. */
export async function refreshStored(relay: Relay, stored: StoredResponse): Promise<StoredResponse> {
  if (!isUnfinished(stored.response)) return stored
  const response = await lookedAt(relay, stored, { method: 'GET', suffix: '' })
  return response ? { ...stored, response } : stored
}

/** Only background responses can be cancelled, and only their vendor can do it. */
export async function cancelStored(relay: Relay, stored: StoredResponse): Promise<Result<Response>> {
  const { response } = stored
  if (response.background !== true)
    return refuse(fault('invalid', 'Only responses created with background=true can be cancelled.'))
  if (!isUnfinished(response)) return ok(response)
  const cancelled = await lookedAt(relay, stored, cancel)
  return cancelled ? ok(cancelled) : refuse(fault('bad_gateway', 'The upstream did not cancel this response.'))
}

/** What nobody will ask for any more need not be made. */
export async function removeStored(relay: Relay, stored: StoredResponse): Promise<void> {
  if (isUnfinished(stored.response)) await lookedAt(relay, stored, cancel)
  await relay.store.responses.remove(stored.tenant, stored.id)
}

async function lookedAt(relay: Relay, stored: StoredResponse, question: Question): Promise<Response | undefined> {
  let told: Response | undefined
  for (const row of await relay.store.unfinished.of(stored.tenant, stored.id))
    told = await look(relay, row, question, stored)
  return told
}

interface Question {
  readonly method: 'GET' | 'POST'
  readonly suffix: '' | '/cancel'
}

export const cancel: Question = { method: 'POST', suffix: '/cancel' }

/** Nobody will ever ask for it. */
export async function callOff(relay: Relay, { responseId, terms }: UnfinishedRow): Promise<void> {
  await vendorSays(relay, readTerms(terms), responseId, cancel)
}

/**
 * What its vendor says of a response now, as its client may see it: what is done is charged first and then kept, and what
 * there is of an unfinished one is nobody's yet. undefined: the vendor says nothing, or it could not be charged.
 */
export async function look(
  relay: Relay,
  row: UnfinishedRow,
  question: Question = { method: 'GET', suffix: '' },
  /** Absent: no client asks. */
  known?: StoredResponse,
): Promise<Response | undefined> {
  const terms = readTerms(row.terms)
  const body = await vendorSays(relay, terms, row.responseId, question)
  if (!body) return undefined
  const stored = known ?? (await relay.store.responses.find(row.tenant, row.responseId))
  const shown = { ...shownOf(body), model: stored?.response.model ?? terms.model }
  if (isUnfinished(body.told)) return { ...shown, output: [] }
  // What was called off in the middle of its stream is charged by how much has passed: at the end of that, or by the watch.
  if (known && terms.isAttended && !isWhole(body.told)) return shown
  return (await conclude(relay, row, { charged: body.told, shown, stored })) ? shown : undefined
}

interface Conclusion {
  /** As its vendor told it; undefined: there will never be one. */
  readonly charged: Response | undefined
  readonly shown: Response
  readonly stored: StoredResponse | undefined
}

/** Charges it, keeps it, and only then forgets that it was unfinished. false: it cannot be charged at the moment. */
export async function conclude(
  relay: Relay,
  { requestId, terms }: UnfinishedRow,
  { charged, shown, stored }: Conclusion,
): Promise<boolean> {
  const { responses, unfinished } = relay.store
  const row = await chargeLate(relay, readTerms(terms), charged)
  if (!row) return false
  if (stored) await responses.put({ ...stored, response: shown })
  if (await unfinished.remove(requestId)) relay.till.requestLog.add(row)
  return true
}

interface Said {
  readonly told: Response
  readonly bytes: Buffer
}

/** Without what is between the vendor and the operator. */
function shownOf({ bytes, told }: Said): Response {
  // Splicing leaves an object an object.
  const own = tellsBilled(told) ? (JSON.parse(Buffer.from(withoutBilled(bytes)).toString()) as Response) : told
  const { fault: failed } = dialects['openai-responses'].forwarding.readReply(told)
  if (!failed || !isRecord(own.error)) return own
  return { ...own, error: { ...own.error, message: presentable(failed).message } }
}

async function vendorSays(
  relay: Relay,
  terms: Terms,
  id: string,
  { method, suffix }: Question,
): Promise<Said | undefined> {
  const candidate = candidateOf(relay, terms)
  if (!candidate) return undefined
  const ready = await addressed(candidate, 'unary', { body: {}, headers: {}, lost: [] })
  if (!ready.ok) return undefined
  const { request } = ready.value
  const path = `${request.path}/${encodeURIComponent(id.toWellFormed())}${suffix}`
  const answer = await ask(relay, { ...request, method, path, body: method === 'GET' ? undefined : '' }, patienceMs)
  const parsed = answer.ok && answer.status === 200 ? parseJson(answer.body) : undefined
  if (!answer.ok || !parsed?.ok || !isRecord(parsed.value) || typeof parsed.value.status !== 'string') return undefined
  return { told: parsed.value, bytes: answer.body }
}

/** The one that was asked, by the credential that it was asked with; another of its channel where that is gone. */
function candidateOf(relay: Relay, { channel: name, credential, model, upstream }: Terms): Candidate | undefined {
  const channel = relay.snapshot().channels.find((one) => one.name === name)
  const provider = channel && relay.providerOf(channel.provider)
  const offer = provider?.formats['openai-responses']
  if (!channel || !provider || !offer) return undefined
  const secret = channel.secrets.find((one) => digestOf(one) === credential) ?? channel.secrets[0] ?? ''
  return { channel, provider, format: 'openai-responses', offer, model: upstream, name: model, secret }
}
