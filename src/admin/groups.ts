import { z } from 'zod'
import type { Group } from '../model/account.ts'
import { fault, ok, refuse } from '../model/fault.ts'
import { ppm } from './api/amount.ts'
import { type Endpoint, endpoint, noBody, smallBody } from './api/endpoint.ts'
import { cut, idCursor, pageFields, pageOf, readCursor } from './api/page.ts'
import { noSuchThing, ofTheFile } from './api/refusal.ts'
import { line } from './api/text.ts'
import { change } from './change.ts'

const name = line(100)
const byName = z.strictObject({ name })
const channels = z.array(line(200)).min(1).max(200).describe('names and globs of channels')

const toldGroup = z.object({
  name: z.string(),
  multiplier_ppm: z.int(),
  channels: z.array(z.string()),
  source: z.string(),
})

const told = ({ name, multiplierPpm, channels, source }: Group) => ({
  name,
  multiplier_ppm: Number(multiplierPpm),
  channels: [...channels],
  source,
})

const list = endpoint({
  method: 'GET',
  path: '/groups',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'Groups of accounts: what they pay and where their requests may go',
  query: z.strictObject(pageFields),
  answer: pageOf(toldGroup),
  async run({ admin, query }) {
    const cursor = readCursor(query.cursor, idCursor)
    if (!cursor.ok) return cursor
    const groups = await admin.relay.store.accounts.groupPage(query.limit + 1, cursor.value)
    return ok(cut(groups, query.limit, told, (group) => group.name))
  },
})

const create = endpoint({
  method: 'POST',
  path: '/groups',
  role: 'admin',
  bodyLimit: smallBody,
  summary: 'Make a group',
  body: z.strictObject({ name, multiplier_ppm: ppm.default(1_000_000), channels: channels.default(['*']) }),
  answer: toldGroup,
  status: 201,
  run: ({ admin, actor, body }) =>
    change(admin, actor, async ({ accounts }, note) => {
      if (await accounts.findGroup(body.name))
        return refuse(fault('conflict', `name: there is another group "${body.name}"`, { param: 'name' }))
      const group: Group = {
        name: body.name,
        multiplierPpm: BigInt(body.multiplier_ppm),
        channels: body.channels,
        source: 'api',
      }
      await accounts.saveGroup(group)
      await note({ action: 'group.create', subject: group.name, after: told(group) })
      return ok(told(group))
    }),
})

const patch = endpoint({
  method: 'PATCH',
  path: '/groups/{name}',
  role: 'admin',
  bodyLimit: smallBody,
  summary: 'Change what a group pays and where its requests may go',
  params: byName,
  body: z.strictObject({ multiplier_ppm: ppm.optional(), channels: channels.optional() }),
  answer: toldGroup,
  run: ({ admin, actor, params, body }) =>
    change(admin, actor, async ({ accounts }, note) => {
      const before = await accounts.findGroup(params.name)
      if (!before) return refuse(noSuchThing)
      if (before.source === 'file') return refuse(ofTheFile)
      const group: Group = {
        ...before,
        multiplierPpm: body.multiplier_ppm === undefined ? before.multiplierPpm : BigInt(body.multiplier_ppm),
        channels: body.channels ?? before.channels,
      }
      await accounts.saveGroup(group)
      await note({ action: 'group.update', subject: group.name, before: told(before), after: told(group) })
      return ok(told(group))
    }),
})

const remove = endpoint({
  method: 'DELETE',
  path: '/groups/{name}',
  role: 'admin',
  bodyLimit: noBody,
  summary: 'Take away a group that no account is in',
  params: byName,
  answer: toldGroup,
  run: ({ admin, actor, params }) =>
    change(admin, actor, async ({ accounts }, note) => {
      const group = await accounts.findGroup(params.name)
      if (!group) return refuse(noSuchThing)
      if (group.source === 'file') return refuse(ofTheFile)
      if (group.source === 'built-in') return refuse(fault('conflict', 'This group is always there.'))
      const members = await accounts.countIn(group.name)
      if (members > 0) return refuse(fault('conflict', `There are accounts in this group: ${members}.`))
      await accounts.removeGroup(group.name)
      await note({ action: 'group.delete', subject: group.name, before: told(group) })
      return ok(told(group))
    }),
})

export const groupEndpoints: readonly Endpoint[] = [list, create, patch, remove]
