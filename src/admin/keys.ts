import { z } from 'zod'
import { defaultAccountId } from '../model/account.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { KeyRow } from '../model/rows.ts'
import { keyRow, newKey } from '../store/secrets.ts'
import type { Actor } from './admin.ts'
import { moment, tellMoment } from './api/amount.ts'
import { byId, type Endpoint, endpoint, noBody, smallBody } from './api/endpoint.ts'
import { cut, idCursor, pageFields, pageOf, readCursor } from './api/page.ts'
import { noSuchThing, ofTheFile } from './api/refusal.ts'
import { line } from './api/text.ts'
import { change } from './change.ts'
import { scopeFields, scopeWith, tellScope, toldScopeFields } from './scope.ts'
import { beyond, everything, type Reach } from './within.ts'

const name = line(100)
const pattern = line(200)
const models = z.array(pattern).max(1_000).describe('names and globs of models')
const aliases = z
  .array(z.strictObject({ name: pattern, model: pattern }))
  .max(1_000)
  .describe('other names for models: the first that matches counts')

const keyFields = {
  id: z.string(),
  name: z.string(),
  hint: z.string().describe('the first characters, to recognise it by'),
  account: z.string(),
  models: z.array(z.string()),
  aliases: z.array(z.object({ name: z.string(), model: z.string() })),
  ...toldScopeFields,
  previous_until: moment.nullable().describe('until then a key from before a rotation counts too; of several the last'),
  source: z.string(),
  created_at: moment,
}
const toldKey = z.object(keyFields)
const shownKey = z.object({ ...keyFields, key: z.string().describe('the key itself: told here and never again') })

const told = (key: KeyRow) => ({
  id: key.id,
  name: key.name,
  hint: key.hint,
  account: key.account,
  models: [...key.models],
  aliases: [...key.aliases],
  ...tellScope(key.scope),
  previous_until: key.former ? tellMoment(Math.max(...key.former.map(({ untilMs }) => untilMs))) : null,
  source: key.source,
  created_at: tellMoment(key.createdAtMs),
})

/** What its maker may hand on. Those who manage have everything; holders of keys will have their own key's reach. */
const reachOf = (_: Actor): Reach => everything

/** A key that its maker may make, or the refusal that names what is too much. */
function grantable(actor: Actor, key: KeyRow): Result<KeyRow> {
  const param = beyond(reachOf(actor), { models: key.models, ...key.scope })
  return param === undefined
    ? ok(key)
    : refuse(fault('permission', `${param}: this is more than you have yourself`, { param }))
}

const list = endpoint({
  method: 'GET',
  path: '/keys',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'Keys that are not revoked',
  query: z.strictObject({ ...pageFields, account: line(200).optional() }),
  answer: pageOf(toldKey),
  async run({ admin, query: { limit, cursor, account } }) {
    const place = readCursor(cursor, idCursor)
    if (!place.ok) return place
    const filter = account === undefined ? {} : { account }
    return ok(cut(await admin.relay.store.keys.page(filter, limit + 1, place.value), limit, told, ({ id }) => id))
  },
})

const create = endpoint({
  method: 'POST',
  path: '/keys',
  role: 'admin',
  bodyLimit: smallBody,
  summary: 'Make a key; it is shown in this answer and never again',
  body: z.strictObject({
    name,
    account: line(200).default(defaultAccountId).describe('the id of the account that pays'),
    models: models.default(['*']),
    aliases: aliases.default([]),
    ...scopeFields,
  }),
  answer: shownKey,
  status: 201,
  run: ({ admin, actor, body }) =>
    change(admin, actor, async ({ accounts, keys }, note) => {
      const { name, account, models, aliases, ...scope } = body
      if (!(await accounts.find(account)))
        return refuse(fault('invalid', 'account: there is no such account', { param: 'account' }))
      const text = newKey()
      const about = { name, models, aliases, account, scope: scopeWith({}, scope), source: 'api' as const }
      const key = grantable(actor, keyRow(text, admin.pepper, { ...about, createdAtMs: admin.relay.clock() }))
      if (!key.ok) return key
      await keys.add(key.value)
      await note({ action: 'key.create', subject: key.value.id, after: told(key.value) })
      return ok({ ...told(key.value), key: text })
    }),
})

const read = endpoint({
  method: 'GET',
  path: '/keys/{id}',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'One key',
  params: byId,
  answer: toldKey,
  async run({ admin, params }) {
    const key = await admin.relay.store.keys.find(params.id)
    return key ? ok(told(key)) : refuse(noSuchThing)
  },
})

const patch = endpoint({
  method: 'PATCH',
  path: '/keys/{id}',
  role: 'admin',
  bodyLimit: smallBody,
  summary: 'Change what a key may do',
  params: byId,
  body: z.strictObject({
    name: name.optional(),
    models: models.optional(),
    aliases: aliases.optional(),
    ...scopeFields,
  }),
  answer: toldKey,
  run: ({ admin, actor, params, body }) =>
    change(admin, actor, async ({ keys }, note) => {
      const before = await keys.find(params.id)
      if (!before) return refuse(noSuchThing)
      if (before.source === 'file') return refuse(ofTheFile)
      const key = grantable(actor, {
        ...before,
        name: body.name ?? before.name,
        models: body.models ?? before.models,
        aliases: body.aliases ?? before.aliases,
        scope: scopeWith(before.scope, body),
      })
      if (!key.ok) return key
      await keys.add(key.value)
      await note({ action: 'key.update', subject: before.id, before: told(before), after: told(key.value) })
      return ok(told(key.value))
    }),
})

const longestOverlapSeconds = 30 * 24 * 3_600
/** More than anybody can have in use; each is one more key that opens the same door. */
const mostFormer = 10

/**
 * What a key was before, with the present one among it. What was promised to the holders of each stays, except with no
 * overlap at all: who asks for that has lost a key, and cannot say which.
 */
const formerOf = ({ former = [], hash }: KeyRow, { nowMs, untilMs }: { nowMs: number; untilMs: number }) =>
  untilMs > nowMs ? [...former.filter((one) => one.untilMs > nowMs), { hash, untilMs }] : []

const rotate = endpoint({
  method: 'POST',
  path: '/keys/{id}/rotate',
  role: 'admin',
  bodyLimit: smallBody,
  summary:
    'A new key with the same id, past and budget; those before count on, each for its own overlap. An overlap of 0 ends all of them',
  params: byId,
  body: z.strictObject({ overlap_seconds: z.int().min(0).max(longestOverlapSeconds).default(3_600) }),
  answer: shownKey,
  run: ({ admin, actor, params, body }) =>
    change(admin, actor, async ({ keys }, note) => {
      const before = await keys.find(params.id)
      if (!before) return refuse(noSuchThing)
      if (before.source === 'file') return refuse(ofTheFile)
      const nowMs = admin.relay.clock()
      const former = formerOf(before, { nowMs, untilMs: nowMs + body.overlap_seconds * 1000 })
      if (former.length > mostFormer) return refuse(tooManyFormer)
      const text = newKey()
      const { name, models, source, createdAtMs } = before
      const { hash, hint } = keyRow(text, admin.pepper, { name, models, source, createdAtMs })
      const { former: _, ...rest } = before
      const key: KeyRow = { ...rest, hash, hint, ...(former.length > 0 && { former }) }
      await keys.add(key)
      await note({ action: 'key.rotate', subject: key.id, before: told(before), after: told(key) })
      return ok({ ...told(key), key: text })
    }),
})

const tooManyFormer = fault(
  'conflict',
  `overlap_seconds: ${mostFormer} keys from before still count. Wait until one of them has ended, or end all of them with 0.`,
  { param: 'overlap_seconds' },
)

const revoke = endpoint({
  method: 'DELETE',
  path: '/keys/{id}',
  role: 'admin',
  bodyLimit: noBody,
  summary: 'Revoke a key: it counts no more, and neither do those before it',
  params: byId,
  answer: toldKey,
  run: ({ admin, actor, params }) =>
    change(admin, actor, async ({ keys }, note) => {
      const key = await keys.find(params.id)
      if (!key) return refuse(noSuchThing)
      if (key.source === 'file') return refuse(ofTheFile)
      await keys.revoke(key.id, admin.relay.clock())
      await note({ action: 'key.revoke', subject: key.id, before: told(key) })
      return ok(told(key))
    }),
})

export const keyEndpoints: readonly Endpoint[] = [list, create, read, patch, rotate, revoke]
