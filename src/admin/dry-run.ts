import { z } from 'zod'
import { ok, refuse } from '../model/fault.ts'
import { dryRunFor } from '../relay/dry-run.ts'
import { byId, type Endpoint, endpoint } from './api/endpoint.ts'
import { noSuchThing } from './api/refusal.ts'

/** A chat request without pictures. */
const chatBody = 262_144

const route = endpoint({
  method: 'POST',
  path: '/keys/{id}/route',
  role: 'admin',
  bodyLimit: chatBody,
  summary: 'Where a chat request of this key would go, and why; nobody is asked',
  params: byId,
  body: z.strictObject({
    request: z
      .record(z.string(), z.unknown())
      .describe('the body of a chat request; its `format` says of which format'),
  }),
  answer: z
    .record(z.string(), z.unknown())
    .describe('as `POST /api/route` tells it to the holder, with hints of credentials and channels of other groups'),
  async run({ admin: { relay }, params, body }) {
    const key = await relay.store.keys.find(params.id)
    if (!key) return refuse(noSuchThing)
    const told = dryRunFor(relay, key, body.request)
    return told.ok ? ok({ ...told.value }) : told
  },
})

export const dryRunEndpoints: readonly Endpoint[] = [route]
