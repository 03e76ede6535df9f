import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodType, z } from 'zod'
import { Outage } from '../../ledger/postgres/connection.ts'
import { type Fault, fault, ok, type Result, refuse } from '../../model/fault.ts'
import { StoreOutage } from '../../store/outage.ts'
import { isSqliteOutage } from '../../store/sqlite-fault.ts'
import type { Actor, Admin } from '../admin.ts'
import { type Call, type Endpoint, noBody, nothing } from './endpoint.ts'
import { guard } from './guard.ts'
import { invalidInput, noSuchThing, tellFault } from './refusal.ts'

/** What a row that is open to all knows of who asks. */
const anybody: Actor = { id: '', name: '', role: 'reader', address: '' }

/**
 * Serves the rows below `/api`. Nothing is served there but rows, and no row without its role: who may not ask is refused
 * before a byte of the body is read.
 */
export function mount(server: FastifyInstance, admin: Admin, rows: readonly Endpoint[]): void {
  const identify = guard(admin)
  const actors = new WeakMap<FastifyRequest, Actor>()
  server.register(
    async (scope) => {
      readJson(scope)
      scope.setErrorHandler(async (error: Error & { statusCode?: number }, request, reply) =>
        tell(request, reply, faultOf(error, request, admin)),
      )
      // Paths that are in no row must not fall to routes of other formats.
      scope.all('/*', {
        bodyLimit: noBody,
        onRequest: async (request, reply) => tell(request, reply, noSuchPath),
        handler: async () => undefined,
      })
      for (const row of rows)
        scope.route({
          method: row.method,
          url: row.path.replace(/\{(\w+)\}/g, ':$1'),
          bodyLimit: row.bodyLimit,
          async onRequest(request, reply) {
            const actor = row.role === 'open' ? ok(anybody) : await identify(request.raw, row.role)
            if (!actor.ok) return tell(request, reply, actor.fault)
            actors.set(request, actor.value)
          },
          async handler(request, reply) {
            const actor = actors.get(request)
            // Rows that were reached around their guard are answered as if nobody had asked.
            const answer = actor ? await perform(row, admin, actor, request) : refuse(noActor)
            if (!answer.ok) return tell(request, reply, answer.fault)
            return reply
              .code(row.status ?? 200)
              .headers(headersOf(request))
              .send(row.answer.parse(answer.value))
          },
        })
    },
    { prefix: '/api' },
  )
}

const noSuchPath = fault('not_found', 'There is no such path in the management API.')
const noActor = fault('auth', 'Nobody has asked.')

async function perform(row: Endpoint, admin: Admin, actor: Actor, request: FastifyRequest): Promise<Result<unknown>> {
  const params = read(row.params ?? nothing, { ...(request.params ?? {}) })
  // What cannot be an id is the id of nothing.
  if (!params.ok) return refuse(noSuchThing)
  const query = read(row.query ?? nothing, { ...(request.query ?? {}) })
  if (!query.ok) return query
  const body = read(row.body ?? nothing, request.body === undefined ? {} : request.body)
  if (!body.ok) return body
  const idempotencyKey = request.headers['idempotency-key']
  if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,200}$/.test(String(idempotencyKey)))
    return refuse(fault('invalid', 'idempotency-key: 1 to 200 visible characters', { param: 'idempotency-key' }))
  const call: Call = {
    admin,
    actor,
    params: params.value,
    query: query.value,
    body: body.value,
    idempotencyKey: idempotencyKey === undefined ? undefined : String(idempotencyKey),
  }
  return row.run(call)
}

function read<Schema extends ZodType>(schema: Schema, given: unknown): Result<z.output<Schema>> {
  const parsed = schema.safeParse(given)
  return parsed.success ? ok(parsed.data) : refuse(invalidInput(parsed.error))
}

/** JSON as it is, and nothing else: a number that is too large comes as infinity, so that its field can be named. */
function readJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  const parse = scope.getDefaultJsonParser('error', 'error')
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else parse(request, String(body), done)
  })
}

const faultOf = (error: Error & { statusCode?: number }, request: FastifyRequest, { relay }: Admin): Fault => {
  const status = error.statusCode ?? 500
  if (status === 413) return fault('too_large', 'The body is too large.')
  if (status === 415) return fault('encoding', 'The body must be `application/json`.')
  if (status < 500) return fault('invalid', 'The body is no JSON.')
  if (isAway(error)) return storeAway
  relay.log.error({ err: error, requestId: request.id }, 'a request failed unexpectedly')
  return fault('internal', 'Something went wrong here.')
}

export const storeAway = fault(
  'overloaded',
  'The database does not answer at the moment. What was asked may not have been done.',
  { retryAfterMs: 2_000 },
)

/** Whether a database cannot be used at the moment, of the store or of the ledger. */
export const isAway = (error: unknown): boolean =>
  error instanceof StoreOutage || error instanceof Outage || isSqliteOutage(error)

/** Answers hold what is nobody else's business, keys among it. */
const headersOf = ({ id }: FastifyRequest): Record<string, string> => ({
  'x-request-id': id,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
})

function tell(request: FastifyRequest, reply: FastifyReply, refused: Fault): FastifyReply {
  const { status, headers, body } = tellFault(refused, request.id)
  // A body that nobody has read would be taken for the next request.
  const isUnread = !request.raw.complete
  return reply
    .code(status)
    .headers({ ...headersOf(request), ...headers, ...(isUnread && { connection: 'close' }) })
    .send(body)
}
