import { z } from 'zod'
import { rateLimitsOf, saidLimits } from '../config/scope.ts'
import type { ModelLimits } from '../model/account.ts'
import { ok, refuse } from '../model/fault.ts'
import { type Endpoint, endpoint, noBody, smallBody } from './api/endpoint.ts'
import { cut, idCursor, pageFields, pageOf, readCursor } from './api/page.ts'
import { noSuchThing, ofTheFile } from './api/refusal.ts'
import { line } from './api/text.ts'
import { change } from './change.ts'
import { tellRateLimits, toldRateLimits } from './scope.ts'

const model = line(200).describe('a name or a glob: models that match share the limits')
const byModel = z.strictObject({ model })

const toldModelLimits = z.object({ model: z.string(), limits: toldRateLimits, source: z.string() })

const told = ({ model, limits, source }: ModelLimits) => ({ model, limits: tellRateLimits(limits), source })

const list = endpoint({
  method: 'GET',
  path: '/model-limits',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'What all requests for some models may come to, whoever asks',
  query: z.strictObject(pageFields),
  answer: pageOf(toldModelLimits),
  async run({ admin, query }) {
    const cursor = readCursor(query.cursor, idCursor)
    if (!cursor.ok) return cursor
    const all = await admin.relay.store.modelLimits.list()
    const rest = all
      .toSorted((left, right) => (left.model < right.model ? -1 : 1))
      .filter((row) => cursor.value === undefined || row.model > cursor.value)
    return ok(cut(rest, query.limit, told, (row) => row.model))
  },
})

const set = endpoint({
  method: 'POST',
  path: '/model-limits',
  role: 'admin',
  bodyLimit: smallBody,
  summary: 'Say what all requests for some models may come to, in place of what was said before',
  body: z.strictObject({ model, limits: saidLimits }),
  answer: toldModelLimits,
  run: ({ admin, actor, body: { model, limits } }) =>
    change(admin, actor, async ({ modelLimits }, note) => {
      const before = (await modelLimits.list()).find((row) => row.model === model)
      if (before?.source === 'file') return refuse(ofTheFile)
      const after: ModelLimits = { model, limits: rateLimitsOf(limits), source: 'api' }
      await modelLimits.save(after)
      const deed = { action: 'model_limits.set', subject: model, after: told(after) }
      await note(before ? { ...deed, before: told(before) } : deed)
      return ok(told(after))
    }),
})

const remove = endpoint({
  method: 'DELETE',
  path: '/model-limits/{model}',
  role: 'admin',
  bodyLimit: noBody,
  summary: 'Take these limits of models away',
  params: byModel,
  answer: toldModelLimits,
  run: ({ admin, actor, params }) =>
    change(admin, actor, async ({ modelLimits }, note) => {
      const row = (await modelLimits.list()).find(({ model }) => model === params.model)
      if (!row) return refuse(noSuchThing)
      if (row.source === 'file') return refuse(ofTheFile)
      await modelLimits.remove(row.model)
      await note({ action: 'model_limits.delete', subject: row.model, before: told(row) })
      return ok(told(row))
    }),
})

export const modelLimitEndpoints: readonly Endpoint[] = [list, set, remove]
