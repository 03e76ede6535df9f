import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Fault, ok, type Result } from '../model/fault.ts'
import { hashKey } from '../store/secrets.ts'
import type { Admin } from './admin.ts'
import { guard } from './api/guard.ts'
import { isAway, storeAway } from './api/mount.ts'
import { tellFault } from './api/refusal.ts'

export interface MetricsPage {
  /** Whether it is told to whoever asks; else to whoever has a token of the management API, of any role. */
  readonly isPublic: boolean
  readonly type: string
  text(): Promise<string>
}

/** While the store is away, when figures count most, whoever was let in of late is let in. */
const rememberedMs = 15 * 60_000
const mostRemembered = 100

/** `GET /metrics`, for Prometheus. */
export function metricsRoute(server: FastifyInstance, admin: Admin, { isPublic, type, text }: MetricsPage): void {
  const mayRead = isPublic ? async () => ok(undefined) : reader(admin)
  server.get('/metrics', async (request, reply) => {
    const read = await mayRead(request)
    if (!read.ok) return refused(request, reply, read.fault)
    return reply
      .header('cache-control', 'no-store')
      .type(type)
      .send(await text())
  })
}

function reader(admin: Admin): (request: FastifyRequest) => Promise<Result<undefined>> {
  const identify = guard(admin)
  const letInMs = new Map<string, number>()
  return async ({ raw }) => {
    const name = hashKey(admin.tokenPepper, raw.headers.authorization ?? '')
    const nowMs = admin.relay.clock()
    try {
      const actor = await identify(raw, 'reader')
      letInMs.delete(name)
      if (!actor.ok) return actor
      if (letInMs.size >= mostRemembered) letInMs.clear()
      letInMs.set(name, nowMs)
    } catch (error) {
      if (!isAway(error)) throw error
      if (nowMs - (letInMs.get(name) ?? Number.NEGATIVE_INFINITY) > rememberedMs) return { ok: false, fault: storeAway }
    }
    return ok(undefined)
  }
}

function refused(request: FastifyRequest, reply: FastifyReply, why: Fault): FastifyReply {
  const { status, headers, body } = tellFault(why, request.id)
  return reply.code(status).headers(headers).send(body)
}
