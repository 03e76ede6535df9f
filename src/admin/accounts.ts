import { z } from 'zod'
import { scopedLimits } from '../config/scope.ts'
import { type Account, defaultGroup } from '../model/account.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import { newId } from '../store/secrets.ts'
import type { Nouns } from '../store/store.ts'
import { moneyOf, nothingYet, tellAccount, tellSaid, tellWith, toldAccount } from './account-told.ts'
import { nanoAmount } from './api/amount.ts'
import { byId, type Endpoint, endpoint, noBody, smallBody } from './api/endpoint.ts'
import { cut, idCursor, pageFields, pageOf, readCursor } from './api/page.ts'
import { noSuchThing, ofTheFile } from './api/refusal.ts'
import { line } from './api/text.ts'
import { change } from './change.ts'
import { tellFloor } from './floor.ts'

const name = line(100)
const creditLimit = nanoAmount.nullable().describe('how far below zero the balance may go; null: without end')

const list = endpoint({
  method: 'GET',
  path: '/accounts',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'Accounts with their balances',
  query: z.strictObject(pageFields),
  answer: pageOf(toldAccount),
  async run({ admin, query }) {
    const cursor = readCursor(query.cursor, idCursor)
    if (!cursor.ok) return cursor
    const page = cut(
      await admin.relay.store.accounts.page(query.limit + 1, cursor.value),
      query.limit,
      (account) => account,
      ({ id }) => id,
    )
    return ok({ ...page, data: await Promise.all(page.data.map((account) => tellAccount(admin, account))) })
  },
})

const create = endpoint({
  method: 'POST',
  path: '/accounts',
  role: 'admin',
  bodyLimit: smallBody,
  summary: 'Make an account; it starts with nothing and may owe nothing',
  body: z.strictObject({
    name,
    group: name.default(defaultGroup),
    credit_limit_nano: creditLimit.default(0),
    limits: scopedLimits.optional(),
  }),
  answer: toldAccount,
  status: 201,
  async run({ admin, actor, body }) {
    const nowMs = admin.relay.clock()
    const account: Account = {
      id: newId('acc', nowMs),
      name: body.name,
      group: body.group,
      isEnabled: true,
      ...(body.credit_limit_nano !== null && { creditLimit: BigInt(body.credit_limit_nano) }),
      limits: body.limits ?? {},
      source: 'api',
      createdAtMs: nowMs,
    }
    const made = await change(admin, actor, async (inside, note) => {
      const wrong = await problemOf(inside, account)
      if (wrong) return wrong
      await inside.accounts.save(account)
      await note({ action: 'account.create', subject: account.id, after: tellSaid(account) })
      return ok(account)
    })
    if (!made.ok) return made
    await tellFloor(admin.relay, made.value)
    return ok(tellWith(made.value, nothingYet))
  },
})

const read = endpoint({
  method: 'GET',
  path: '/accounts/{id}',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'One account',
  params: byId,
  answer: toldAccount,
  async run({ admin, params }) {
    const account = await admin.relay.store.accounts.find(params.id)
    return account ? ok(await tellAccount(admin, account)) : refuse(noSuchThing)
  },
})

const patch = endpoint({
  method: 'PATCH',
  path: '/accounts/{id}',
  role: 'admin',
  bodyLimit: smallBody,
  summary: 'Change what is said of an account; its money is changed by credit and adjust alone',
  params: byId,
  body: z.strictObject({
    name: name.optional(),
    group: name.optional(),
    is_enabled: z.boolean().optional(),
    credit_limit_nano: creditLimit.optional(),
    limits: scopedLimits.optional(),
  }),
  answer: toldAccount,
  async run({ admin, actor, params, body }) {
    const money = await moneyOf(admin, params.id)
    const saved = await change(admin, actor, async (inside, note) => {
      const before = await inside.accounts.find(params.id)
      if (!before) return refuse(noSuchThing)
      if (before.source === 'file') return refuse(ofTheFile)
      const account = withSaid(before, body)
      const wrong = await problemOf(inside, account)
      if (wrong) return wrong
      await inside.accounts.save(account)
      await note({ action: 'account.update', subject: account.id, before: tellSaid(before), after: tellSaid(account) })
      return ok(account)
    })
    if (!saved.ok) return saved
    await tellFloor(admin.relay, saved.value)
    return ok(tellWith(saved.value, money))
  },
})

const remove = endpoint({
  method: 'DELETE',
  path: '/accounts/{id}',
  role: 'admin',
  bodyLimit: noBody,
  summary: 'Switch an account off: its keys answer no more, its money and its past stay',
  params: byId,
  answer: toldAccount,
  async run({ admin, actor, params }) {
    const money = await moneyOf(admin, params.id)
    const saved = await change(admin, actor, async (inside, note) => {
      const before = await inside.accounts.find(params.id)
      if (!before) return refuse(noSuchThing)
      if (before.source === 'file') return refuse(ofTheFile)
      const account = { ...before, isEnabled: false }
      await inside.accounts.save(account)
      await note({ action: 'account.delete', subject: account.id, before: tellSaid(before), after: tellSaid(account) })
      return ok(account)
    })
    return saved.ok ? ok(tellWith(saved.value, money)) : saved
  },
})

interface Said {
  readonly name?: string | undefined
  readonly group?: string | undefined
  readonly is_enabled?: boolean | undefined
  readonly credit_limit_nano?: number | null | undefined
  readonly limits?: Account['limits'] | undefined
}

function withSaid({ creditLimit: was, ...account }: Account, said: Said): Account {
  const limit = said.credit_limit_nano === undefined ? was : asNano(said.credit_limit_nano)
  return {
    ...account,
    name: said.name ?? account.name,
    group: said.group ?? account.group,
    isEnabled: said.is_enabled ?? account.isEnabled,
    limits: said.limits ?? account.limits,
    ...(limit !== undefined && { creditLimit: limit }),
  }
}

const asNano = (amount: number | null): bigint | undefined => (amount === null ? undefined : BigInt(amount))

/** Why an account may not be as it is wanted. */
async function problemOf(
  { accounts }: Pick<Nouns, 'accounts'>,
  { id, name, group }: Account,
): Promise<Result<never> | undefined> {
  if (!(await accounts.findGroup(group)))
    return refuse(fault('invalid', `group: there is no group "${group}"`, { param: 'group' }))
  const other = await accounts.findByName(name)
  if (other && other.id !== id)
    return refuse(fault('conflict', `name: there is another account "${name}"`, { param: 'name' }))
  return undefined
}

export const accountEndpoints: readonly Endpoint[] = [list, create, read, patch, remove]
