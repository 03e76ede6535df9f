import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clientCodecs } from '../dialects/index.ts'
import { writeBillingUsage, writeCreditGrants, writeSubscription, writeTokenUsage } from '../endpoints/balance.ts'
import { type LogOwner, writeLogEntry } from '../endpoints/log-entry.ts'
import { type Fault, ok, type Result } from '../model/fault.ts'
import { nano } from '../model/money.ts'
import type { KeyRow } from '../model/rows.ts'
import { authenticated } from '../relay/admit.ts'
import { type Allowance, allowanceOf, type BalanceOf } from '../relay/allowance.ts'
import { presentedKeys } from '../relay/authenticate.ts'
import type { Relay } from '../relay/relay.ts'
import { figuresOf } from '../relay/request-figures.ts'
import { idHeaders } from '../relay/response-headers.ts'
import { faultAnswer, tellJson } from '../relay/tell-fault.ts'
import type { RequestRow } from '../store/requests.ts'
import { namesDays, periodOf } from './period.ts'
import { troubled } from './trouble.ts'

interface Holder {
  readonly relay: Relay
  readonly balanceOf: BalanceOf
  readonly key: KeyRow
  readonly query: URLSearchParams
}

type Body = Record<string, unknown>
type Answer = (holder: Holder) => Promise<Result<Body>>

/** How refusals are told: as OpenAI tells them, or in the words of the panels that read keys' balances. */
type Tongue = (
  refused: Fault,
  request: FastifyRequest,
) => { status: number; headers: Record<string, string>; body: Body }

interface Route {
  readonly paths: readonly string[]
  readonly tongue: Tongue
  readonly answer: Answer
}

/** What a key's holder sees of its money. Every figure is the ledger's or the request log's; none is kept for this. */
export function billingRoutes(server: FastifyInstance, relay: Relay, balanceOf: BalanceOf): void {
  for (const { answer, paths, tongue } of routes)
    for (const path of paths)
      server.get(path, (request, reply) => answered({ relay, balanceOf }, answer, tongue, request, reply))
}

async function answered(
  { relay, balanceOf }: Pick<Holder, 'relay' | 'balanceOf'>,
  answer: Answer,
  tongue: Tongue,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  reply.hijack()
  const key = authenticated(relay, request.raw, 'billing')
  const query = new URL(request.raw.url ?? '/', 'http://local').searchParams
  const told = key.ok
    ? await answer({ relay, balanceOf, key: key.value, query }).catch(troubled(relay, request.id))
    : key
  const ids = idHeaders('openai-chat', request.id)
  if (told.ok) return tellJson(reply.raw, 200, told.value, ids)
  const { body, headers, status } = tongue(told.fault, request)
  tellJson(reply.raw, status, body, { ...headers, ...ids })
}

const openai: Tongue = (refused, { id }) => {
  const { body, headers, status } = clientCodecs['openai-chat'].writeFault(refused, id)
  return { status, headers: { ...headers }, body }
}

/** Panels compare these two texts. */
const panel: Tongue = (refused, request) => {
  const isBare = presentedKeys(request.headers, undefined).next().done === true
  const message = isBare ? 'No Authorization header' : 'Invalid Bearer token'
  const { headers, status } = faultAnswer(clientCodecs['openai-chat'], refused, request.id)
  const { 'content-length': _, ...others } = headers
  return {
    status,
    headers: others,
    body: { success: false, message: refused.class === 'auth' ? message : refused.message },
  }
}

const tokenUsage: Answer = async (holder) => {
  const { models, name, scope } = holder.key
  return ok(writeTokenUsage({ name, models, balance: await allowance(holder), expiresAtMs: scope.expiresAtMs }))
}

const subscription: Answer = async (holder) =>
  ok(writeSubscription(await allowance(holder), holder.key.scope.expiresAtMs))

const creditGrants: Answer = async (holder) =>
  ok(writeCreditGrants(await allowance(holder), holder.key.scope.expiresAtMs))

/**
 * Charges of whom the subscription speaks: in the days asked for or, where none are, in the subscription's own time, which
 * is today for a daily budget.
 */
const usage: Answer = async (holder) => {
  const period = periodOf(holder.query, holder.relay.clock())
  if (!period.ok) return period
  const { spender, used } = await allowance(holder)
  if (!namesDays(holder.query)) return ok(writeBillingUsage(used))
  await holder.relay.till.requestLog.flush()
  return ok(writeBillingUsage(nano(await holder.relay.store.spending.sum(spender, period.value))))
}

const allowance = ({ balanceOf, key, relay }: Holder): Promise<Allowance> => allowanceOf(relay, balanceOf, key)

/** The newest rows of the key's own log; who wants more has the management API. */
const mostRows = 1_000
const rowsAtOnce = 100

const log: Answer = async ({ key, query, relay }) => {
  await relay.till.requestLog.flush()
  const size = within(query.get('size') ?? query.get('page_size'), rowsAtOnce)
  const from = (within(query.get('p'), 1) - 1) * size
  const rows = from < mostRows ? await relay.store.requests.page({ keyId: key.id }, from + size) : []
  const account = relay.snapshot().accounts.get(key.account)
  const owner: LogOwner = { keyName: key.name, accountName: account?.name ?? '', group: account?.group ?? '' }
  const page = rows.slice(from)
  return ok({ success: true, message: '', data: page.map((row, at) => entryOf(row, from + at + 1, owner)) })
}

/** 1 to the most that is told; what is no number is the usual. */
const within = (text: string | null, usual: number): number =>
  Math.min(mostRows, Math.max(1, Math.trunc(Number(text ?? usual)) || usual))

const entryOf = (row: RequestRow, place: number, owner: LogOwner): Body =>
  writeLogEntry({ ...figuresOf(row), ...row, charged: nano(row.charged), isAnswered: isAnswered(row) }, place, owner)

/** What a dead server left was answered as far as it is charged. */
const isAnswered = ({ charged, outcome }: RequestRow): boolean =>
  outcome !== 'failed' && (outcome !== 'swept' || charged > 0n)

const bare = ['/dashboard/billing', '/v1/dashboard/billing']
const below = (name: string): readonly string[] => bare.map((root) => `${root}/${name}`)

const routes: readonly Route[] = [
  { paths: ['/api/usage/token'], tongue: panel, answer: tokenUsage },
  { paths: ['/api/log/token'], tongue: panel, answer: log },
  { paths: below('subscription'), tongue: openai, answer: subscription },
  { paths: below('usage'), tongue: openai, answer: usage },
  { paths: below('credit_grants'), tongue: openai, answer: creditGrants },
]
