import { z } from 'zod'
import { fault, ok, refuse } from '../model/fault.ts'
import { type Role, reaches, roles } from '../model/role.ts'
import { hashKey, newId, newToken } from '../store/secrets.ts'
import type { Store } from '../store/store.ts'
import type { TokenRow } from '../store/tokens.ts'
import { moment, tellMoment } from './api/amount.ts'
import { byId, type Endpoint, endpoint, noBody, smallBody } from './api/endpoint.ts'
import { cut, idCursor, pageFields, pageOf, readCursor } from './api/page.ts'
import { noSuchThing } from './api/refusal.ts'
import { line } from './api/text.ts'
import { change } from './change.ts'

const tokenFields = {
  id: z.string(),
  name: z.string(),
  hint: z.string().describe('the first characters, to recognise it by'),
  role: z.enum(roles),
  created_at: moment,
}
const toldToken = z.object(tokenFields)
const shownToken = z.object({ ...tokenFields, token: z.string().describe('told here and never again') })

const told = ({ id, name, hint, role, createdAtMs }: TokenRow) => ({
  id,
  name,
  hint,
  role,
  created_at: tellMoment(createdAtMs),
})

const tokenRow = (
  text: string,
  pepper: Buffer,
  about: { readonly name: string; readonly role: Role; readonly createdAtMs: number },
): TokenRow => ({
  id: newId('tok', about.createdAtMs),
  hash: hashKey(pepper, text),
  hint: `${text.slice(0, 8)}…`,
  ...about,
})

/** Where nobody may do everything, the token of somebody who may: at the first start, and after the last was revoked. */
export async function firstToken(
  { tokens }: Pick<Store, 'tokens'>,
  pepper: Buffer,
  nowMs: number,
): Promise<string | undefined> {
  if ((await tokens.list()).some(({ role }) => role === 'root')) return undefined
  return (await addToken({ tokens }, pepper, { name: 'root', role: 'root', createdAtMs: nowMs })).text
}

/** Makes a token and keeps its hash; the text is to be shown once. */
export async function addToken(
  { tokens }: Pick<Store, 'tokens'>,
  pepper: Buffer,
  about: Parameters<typeof tokenRow>[2],
): Promise<{ readonly row: TokenRow; readonly text: string }> {
  const text = newToken()
  const row = tokenRow(text, pepper, about)
  await tokens.add(row)
  return { row, text }
}

const list = endpoint({
  method: 'GET',
  path: '/tokens',
  role: 'admin',
  bodyLimit: noBody,
  summary: 'Tokens of this API that are not revoked',
  query: z.strictObject(pageFields),
  answer: pageOf(toldToken),
  async run({ admin, query: { limit, cursor } }) {
    const place = readCursor(cursor, idCursor)
    if (!place.ok) return place
    return ok(cut(await admin.relay.store.tokens.page(limit + 1, place.value), limit, told, ({ id }) => id))
  },
})

const create = endpoint({
  method: 'POST',
  path: '/tokens',
  role: 'admin',
  bodyLimit: smallBody,
  summary: 'Make a token that may do no more than your own; it is shown in this answer and never again',
  body: z.strictObject({ name: line(100), role: z.enum(roles) }),
  answer: shownToken,
  status: 201,
  run: ({ admin, actor, body }) =>
    change(admin, actor, async ({ tokens }, note) => {
      if (!reaches(actor.role, body.role))
        return refuse(fault('permission', `role: this is more than you have yourself`, { param: 'role' }))
      const text = newToken()
      const token = tokenRow(text, admin.tokenPepper, { ...body, createdAtMs: admin.relay.clock() })
      await tokens.add(token)
      await note({ action: 'token.create', subject: token.id, after: told(token) })
      return ok({ ...told(token), token: text })
    }),
})

const revoke = endpoint({
  method: 'DELETE',
  path: '/tokens/{id}',
  role: 'admin',
  bodyLimit: noBody,
  summary: 'Revoke a token that may do no more than your own; it counts no more at once',
  params: byId,
  answer: toldToken,
  run: ({ admin, actor, params }) =>
    change(admin, actor, async ({ tokens }, note) => {
      const token = await tokens.find(params.id)
      if (!token) return refuse(noSuchThing)
      if (!reaches(actor.role, token.role)) return refuse(fault('permission', 'This token may do more than yours.'))
      await tokens.revoke(token.id, admin.relay.clock())
      await note({ action: 'token.revoke', subject: token.id, before: told(token) })
      return ok(told(token))
    }),
})

export const tokenEndpoints: readonly Endpoint[] = [list, create, revoke]
