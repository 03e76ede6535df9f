import type { IncomingMessage } from 'node:http'
import type { IncomingRequest } from '../dialects/dialect.ts'
import { dialects } from '../dialects/index.ts'
import { isResponsesShaped } from '../dialects/openai-chat/index.ts'
import { type DialectId, dialectIds } from '../model/dialect.ts'
import { type Fault, fault, ok, type Result, refuse } from '../model/fault.ts'
import type { KeyRow } from '../model/rows.ts'
import { admit, authenticated } from './admit.ts'
import { explanation, type Reader, type Told } from './explain.ts'
import { incomingOf } from './incoming.ts'
import { type Taken, takePreferences } from './preferences.ts'
import { limitedOf } from './quota.ts'
import type { Relay } from './relay.ts'
import { routed } from './routed.ts'
import { noneLeft, unserved } from './unknown-model.ts'
import { visit } from './visit.ts'

/** Who would answer this chat request, and why; nobody is asked. The body is one of any format, `format` says which. */
export async function dryRun(relay: Relay, request: IncomingMessage): Promise<Result<Told>> {
  const key = authenticated(relay, request, 'chat')
  if (!key.ok) return key
  const pass = visit(relay.till.limiter)
  const full = pass.enter(limitedOf(relay, key.value))
  if (full) return refuse(full)
  try {
    const read = await incomingOf(relay, {}, request)
    if (!read.ok) return read
    const said = spoken(read.value)
    return said.ok ? planned(relay, key.value, said.value, { ...read.value, reader: 'holder' }) : said
  } finally {
    pass.end()
  }
}

/** The same for the holder of a key, as those see it who run this gateway. Counted against no limit. */
export function dryRunFor(relay: Relay, key: KeyRow, body: Readonly<Record<string, unknown>>): Result<Told> {
  const read = takePreferences({ bytes: Buffer.from(JSON.stringify(body)), incoming: { body, headers: {} } })
  if (!read.ok) return read
  const said = spoken(read.value)
  return said.ok ? planned(relay, key, said.value, { ...read.value, reader: 'operator' }) : said
}

interface Spoken {
  readonly format: DialectId
  readonly incoming: IncomingRequest
}

function planned(
  relay: Relay,
  key: KeyRow,
  { format, incoming }: Spoken,
  { bytes, preferences, reader }: Pick<Taken, 'bytes' | 'preferences'> & { readonly reader: Reader },
): Result<Told> {
  const { client, forwarding } = dialects[format]
  const peek = forwarding.peek(incoming)
  if (!peek.ok) return peek
  const admitted = admit(key, peek.value.model)
  if (!admitted.ok) return admitted
  const request = { relay, key, client, incoming, bytes, model: admitted.value, preferences }
  const plan = routed(request)
  if (!plan.ok) return plan
  if (plan.value.considered.length === 0)
    return refuse(nobody(relay, key, admitted.value, plan.value.unwanted.length > 0))
  const told = explanation(relay.clock, reader)
  told.planned(request, plan.value)
  return ok(told.told())
}

const nobody = (relay: Relay, key: KeyRow, model: string, isServed: boolean): Fault =>
  isServed ? noneLeft(model) : unserved(relay.snapshot(), key, model)

/** Which format a body is in, by its `format` or by what it looks like. */
function spoken({ incoming }: Taken): Result<Spoken> {
  const { format: said, ...body } = incoming.body
  if (said !== undefined && !isDialect(said))
    return refuse(fault('invalid', `format: must be one of ${dialectIds.join(', ')}`, { param: 'format' }))
  const format = said ?? looksLike(body, incoming.headers)
  const path =
    format === 'gemini' && typeof body.model === 'string' ? { model: body.model, stream: false as const } : undefined
  return ok({ format, incoming: { ...incoming, body, ...(path && { path }) } })
}

const isDialect = (value: unknown): value is DialectId => dialectIds.some((id) => id === value)

function looksLike(body: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>>): DialectId {
  if ('contents' in body) return 'gemini'
  if (isResponsesShaped(body)) return 'openai-responses'
  return 'anthropic-version' in headers || 'system' in body ? 'anthropic-messages' : 'openai-chat'
}
