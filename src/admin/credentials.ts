import { z } from 'zod'
import { ok, type Result, refuse } from '../model/fault.ts'
import type { ChannelRow, Channels } from '../store/channels.ts'
import { newId } from '../store/secrets.ts'
import type { Actor, Admin } from './admin.ts'
import { byId, type Endpoint, endpoint, noBody, smallBody } from './api/endpoint.ts'
import { noSuchThing } from './api/refusal.ts'
import { line } from './api/text.ts'
import { change } from './change.ts'
import { vendorSecret } from './channel-form.ts'
import { writtenRow } from './channel-rows.ts'
import { tellChannel, toldChannel } from './channel-told.ts'

const byCredential = byId.extend({ credential: line(200) })

const add = endpoint({
  method: 'POST',
  path: '/channels/{id}/credentials',
  role: 'admin',
  bodyLimit: smallBody * 2,
  summary: 'Give a channel one more credential',
  params: byId,
  body: z.strictObject({ secret: vendorSecret }),
  answer: toldChannel,
  status: 201,
  run: ({ admin, actor, params, body }) =>
    changed(admin, actor, { channel: params.id, action: 'credential.create' }, async (channels) => {
      const createdAtMs = admin.relay.clock()
      const credential = { id: newId('cred', createdAtMs), secret: body.secret, createdAtMs }
      await channels.addCredential(params.id, credential)
    }),
})

const patch = endpoint({
  method: 'PATCH',
  path: '/channels/{id}/credentials/{credential}',
  role: 'admin',
  bodyLimit: smallBody,
  summary: 'Switch a credential on or off',
  params: byCredential,
  body: z.strictObject({ is_enabled: z.boolean() }),
  answer: toldChannel,
  run: ({ admin, actor, params: { id, credential }, body }) =>
    changed(admin, actor, { channel: id, credential, action: 'credential.update' }, (channels) =>
      channels.enableCredential(credential, body.is_enabled),
    ),
})

const remove = endpoint({
  method: 'DELETE',
  path: '/channels/{id}/credentials/{credential}',
  role: 'admin',
  bodyLimit: noBody,
  summary: 'Take a credential away',
  params: byCredential,
  answer: toldChannel,
  run: ({ admin, actor, params: { id, credential } }) =>
    changed(admin, actor, { channel: id, credential, action: 'credential.delete' }, async (channels) => {
      await channels.removeCredential(credential)
    }),
})

interface Subject {
  readonly channel: string
  /** One that is there already, in this channel. */
  readonly credential?: string
  readonly action: string
}

const changed = (
  admin: Admin,
  actor: Actor,
  { channel, credential, action }: Subject,
  run: (channels: Channels) => Promise<void>,
): Promise<Result<ReturnType<typeof tellChannel>>> =>
  change(admin, actor, async (inside, note) => {
    const channels = inside.channels(admin.box)
    const before = await channels.find(channel)
    if (!before || !has(before, credential)) return refuse(noSuchThing)
    await run(channels)
    const after = await writtenRow(channels, channel)
    await note({ action, subject: credential ?? channel, before: tellChannel(before), after: tellChannel(after) })
    return ok(tellChannel(after))
  })

const has = ({ credentials }: ChannelRow, credential: string | undefined): boolean =>
  credential === undefined || credentials.some(({ id }) => id === credential)

export const credentialEndpoints: readonly Endpoint[] = [add, patch, remove]
