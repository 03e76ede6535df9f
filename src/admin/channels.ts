import { z } from 'zod'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { ChannelRow, Channels } from '../store/channels.ts'
import { newId } from '../store/secrets.ts'
import type { Inside } from '../store/store.ts'
import type { Admin } from './admin.ts'
import { byId, type Endpoint, endpoint, noBody } from './api/endpoint.ts'
import { cut, idCursor, pageFields, pageOf, readCursor } from './api/page.ts'
import { noSuchThing, ofTheFile } from './api/refusal.ts'
import { line } from './api/text.ts'
import { change } from './change.ts'
import {
  changedChannelFields,
  changedForm,
  newChannelFields,
  readForm,
  vendorSecret,
  writeForm,
} from './channel-form.ts'
import { findOfFile, ofFile, writtenRow } from './channel-rows.ts'
import { tellChannel, tellOfFile, toldChannel } from './channel-told.ts'

/** Prompts of channels may be long. */
const channelBody = 262_144

const name = line(100)
const list = endpoint({
  method: 'GET',
  path: '/channels',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'Channels, those of the file too; vendors’ keys by their last characters',
  query: z.strictObject(pageFields),
  answer: pageOf(toldChannel),
  async run({ admin, query: { limit, cursor } }) {
    const place = readCursor(cursor, idCursor)
    if (!place.ok) return place
    const stored = await admin.relay.store.channels(admin.box).page(limit + 1, place.value)
    // Ids of the store begin with `ch_`: those of the file come behind all of them.
    const others = ofFile(admin).map(tellOfFile)
    const rest = [
      ...stored.map(tellChannel),
      ...others
        .toSorted((left, right) => (left.id < right.id ? -1 : 1))
        .filter(({ id }) => place.value === undefined || id > place.value),
    ]
    return ok(
      cut(
        rest,
        limit,
        (row) => row,
        ({ id }) => id,
      ),
    )
  },
})

const read = endpoint({
  method: 'GET',
  path: '/channels/{id}',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'One channel',
  params: byId,
  answer: toldChannel,
  async run({ admin, params: { id } }) {
    const row = await admin.relay.store.channels(admin.box).find(id)
    if (row) return ok(tellChannel(row))
    const other = findOfFile(admin, id)
    return other ? ok(tellOfFile(other)) : refuse(noSuchThing)
  },
})

const create = endpoint({
  method: 'POST',
  path: '/channels',
  role: 'admin',
  bodyLimit: channelBody,
  summary: 'Make a channel with its credentials',
  body: z.strictObject({
    name,
    is_enabled: z.boolean().default(true),
    secrets: z.array(vendorSecret).max(100).default([]),
    ...newChannelFields,
  }),
  answer: toldChannel,
  status: 201,
  run: ({ admin, actor, body: { name, is_enabled, secrets, ...said } }) =>
    change(admin, actor, async (inside, note) => {
      const settings = readForm(said)
      if (!settings.ok) return settings
      const channels = inside.channels(admin.box)
      const taken = await nameTaken(admin, channels, name)
      if (taken) return taken
      const nowMs = admin.relay.clock()
      const id = newId('ch', nowMs)
      await channels.save({ id, name, settings: settings.value, isEnabled: is_enabled, createdAtMs: nowMs })
      const row = await withSecrets(admin, inside, id, secrets)
      await note({ action: 'channel.create', subject: id, after: tellChannel(row) })
      return ok(tellChannel(row))
    }),
})

const patch = endpoint({
  method: 'PATCH',
  path: '/channels/{id}',
  role: 'admin',
  bodyLimit: channelBody,
  summary: 'Change a channel. Another provider or address drops its credentials: `secrets` gives the new ones',
  params: byId,
  body: z.strictObject({
    name: name.optional(),
    is_enabled: z.boolean().optional(),
    secrets: z.array(vendorSecret).max(100).optional().describe('these, in place of those that there are'),
    ...changedChannelFields,
  }),
  answer: toldChannel,
  run: ({ admin, actor, params: { id }, body: { name, is_enabled, secrets, ...said } }) =>
    change(admin, actor, async (inside, note) => {
      const channels = inside.channels(admin.box)
      const before = await channels.find(id)
      if (!before) return refuse(findOfFile(admin, id) ? ofTheFile : noSuchThing)
      const settings = readForm(changedForm(writeForm(before.settings), said))
      if (!settings.ok) return settings
      const taken = name === undefined || name === before.name ? undefined : await nameTaken(admin, channels, name)
      if (taken) return taken
      await channels.save({
        ...before,
        name: name ?? before.name,
        settings: settings.value,
        isEnabled: is_enabled ?? before.isEnabled,
      })
      // A key is for the address that it was given for: who may change the one may not send the other elsewhere.
      if (secrets !== undefined || goesElsewhere(before.settings, settings.value))
        for (const credential of before.credentials) await channels.removeCredential(credential.id)
      const row = await withSecrets(admin, inside, id, secrets ?? [])
      await note({ action: 'channel.update', subject: id, before: tellChannel(before), after: tellChannel(row) })
      return ok(tellChannel(row))
    }),
})

const remove = endpoint({
  method: 'DELETE',
  path: '/channels/{id}',
  role: 'admin',
  bodyLimit: noBody,
  summary: 'Take a channel and its credentials away',
  params: byId,
  answer: toldChannel,
  run: ({ admin, actor, params: { id } }) =>
    change(admin, actor, async (inside, note) => {
      const channels = inside.channels(admin.box)
      const row = await channels.find(id)
      if (!row) return refuse(findOfFile(admin, id) ? ofTheFile : noSuchThing)
      await channels.remove(id)
      await note({ action: 'channel.delete', subject: id, before: tellChannel(row) })
      return ok(tellChannel(row))
    }),
})

const goesElsewhere = (before: ChannelRow['settings'], after: ChannelRow['settings']): boolean =>
  before.baseUrl !== after.baseUrl || before.provider !== after.provider

/** Names are one space: logs, health and state of conversations go by them. */
async function nameTaken(admin: Admin, channels: Channels, name: string): Promise<Result<never> | undefined> {
  const isTaken = ofFile(admin).some((one) => one.name === name) || (await channels.findByName(name)) !== undefined
  return isTaken ? refuse(fault('conflict', `name: there is another channel "${name}"`, { param: 'name' })) : undefined
}

async function withSecrets(admin: Admin, inside: Inside, id: string, secrets: readonly string[]): Promise<ChannelRow> {
  const channels = inside.channels(admin.box)
  const nowMs = admin.relay.clock()
  for (const [at, secret] of secrets.entries()) {
    // They sort by their time: in the order in which they were given.
    const createdAtMs = nowMs + at
    await channels.addCredential(id, { id: newId('cred', createdAtMs), secret, createdAtMs })
  }
  return writtenRow(channels, id)
}

export const channelEndpoints: readonly Endpoint[] = [list, create, read, patch, remove]
