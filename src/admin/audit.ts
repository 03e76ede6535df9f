import { z } from 'zod'
import { ok } from '../model/fault.ts'
import type { AuditRow } from '../store/audit.ts'
import { moment, tellMoment } from './api/amount.ts'
import { type Endpoint, endpoint, noBody } from './api/endpoint.ts'
import { cut, idCursor, pageFields, pageOf, readCursor } from './api/page.ts'

const toldAudit = z.object({
  id: z.string(),
  at: moment,
  actor: z.string().describe('the id of a token'),
  address: z.string().nullable().describe('where it was asked from; null: on the command line'),
  action: z.string(),
  subject: z.string().describe('the id of what was changed'),
  change: z.unknown().describe('what differs, before and after, without secrets'),
})

const told = ({ id, atMs, actor, address, action, subject, change }: AuditRow) => ({
  id,
  at: tellMoment(atMs),
  actor,
  address: address ?? null,
  action,
  subject,
  change,
})

const list = endpoint({
  method: 'GET',
  path: '/audit',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'Every change that was made here, the newest first',
  query: z.strictObject(pageFields),
  answer: pageOf(toldAudit),
  async run({ admin, query: { limit, cursor } }) {
    const place = readCursor(cursor, idCursor)
    if (!place.ok) return place
    return ok(cut(await admin.relay.store.audit.page(limit + 1, place.value), limit, told, ({ id }) => id))
  },
})

export const auditEndpoints: readonly Endpoint[] = [list]
