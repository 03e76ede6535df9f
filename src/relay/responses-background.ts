import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { StoredResponse } from '../model/rows.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import { ask } from './ask.ts'
import type { Candidate } from './candidate.ts'
import { addressed } from './prepare.ts'
import type { Relay } from './relay.ts'

const patienceMs = 30_000
const pending: ReadonlySet<unknown> = new Set(['queued', 'in_progress'])

/** A response that its vendor still works on is asked for again there; every other is as it was kept. */
export async function refreshStored(relay: Relay, stored: StoredResponse): Promise<StoredResponse> {
  if (!pending.has(stored.response.status)) return stored
  const response = await vendorSays(relay, stored, 'GET', '')
  if (!response) return stored
  // Its model keeps the name that the client knows.
  const fresh = { ...stored, response: { ...response, model: stored.response.model } }
  await relay.store.responses.put(fresh)
  return fresh
}

/** Only background responses can be cancelled, and only their vendor can do it. */
export async function cancelStored(relay: Relay, stored: StoredResponse): Promise<Result<Record<string, unknown>>> {
  if (stored.response.background !== true)
    return refuse(fault('invalid', 'Only responses created with background=true can be cancelled.'))
  const response = await vendorSays(relay, stored, 'POST', '/cancel')
  if (!response) return refuse(fault('bad_gateway', 'The upstream did not cancel this response.'))
  const told = { ...response, model: stored.response.model }
  await relay.store.responses.put({ ...stored, response: told })
  return ok(told)
}

async function vendorSays(
  relay: Relay,
  stored: StoredResponse,
  method: 'GET' | 'POST',
  suffix: string,
): Promise<Record<string, unknown> | undefined> {
  const channel = relay.snapshot().channels.find(({ name }) => name === stored.channel)
  const provider = channel && relay.providerOf(channel.provider)
  const offer = provider?.formats['openai-responses']
  if (!channel || !provider || !offer) return undefined
  const candidate: Candidate = {
    channel,
    provider,
    format: 'openai-responses',
    offer,
    model: String(stored.response.model),
    name: String(stored.response.model),
    secret: channel.secrets[0] ?? '',
  }
  const ready = await addressed(candidate, 'unary', { body: new Uint8Array(), headers: {}, lost: [] })
  if (!ready.ok) return undefined
  const { request } = ready.value
  const path = `${request.path}/${encodeURIComponent(stored.id)}${suffix}`
  const answer = await ask(relay, { ...request, method, path, body: method === 'GET' ? undefined : '' }, patienceMs)
  const parsed = answer.ok && answer.status === 200 ? parseJson(answer.body) : undefined
  return parsed?.ok && isRecord(parsed.value) ? parsed.value : undefined
}
