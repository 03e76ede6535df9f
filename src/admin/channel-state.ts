import { z } from 'zod'
import { ok, type Result, refuse } from '../model/fault.ts'
import type { Channel } from '../model/rows.ts'
import type { HealthRow } from '../relay/health.ts'
import { fetchModels } from '../relay/model-list.ts'
import { hintOf } from '../store/channels.ts'
import type { Admin } from './admin.ts'
import { moment, tellMoment } from './api/amount.ts'
import { byId, type Endpoint, endpoint, noBody, smallBody } from './api/endpoint.ts'
import { noSuchThing } from './api/refusal.ts'
import { line } from './api/text.ts'
import { change } from './change.ts'
import { findChannel } from './channel-rows.ts'
import { probe } from './probe.ts'

const toldProbe = z.object({
  credential: z.string().describe('the last characters'),
  ok: z.boolean(),
  kind: z.enum(['completion', 'models']),
  model: z.string().nullable(),
  duration_ms: z.number(),
  fault: z.object({ class: z.string(), message: z.string() }).nullable(),
})

const test = endpoint({
  method: 'POST',
  path: '/channels/{id}/test',
  role: 'admin',
  bodyLimit: smallBody,
  summary: 'Ask each credential of a channel for the shortest answer of a model, or for the list of models',
  params: byId,
  body: z.strictObject({
    model: line(200).optional().describe('the first that the channel names where absent'),
  }),
  answer: z.object({ data: z.array(toldProbe) }),
  async run({ admin, actor, params, body }) {
    const channel = await findChannel(admin, params.id)
    if (!channel) return refuse(noSuchThing)
    const model = body.model ?? channel.models.find(({ name }) => !name.includes('*'))?.name
    const secrets = channel.secrets.length > 0 ? channel.secrets : ['']
    const data = await Promise.all(secrets.map((secret) => probed(admin, { ...channel, secrets: [secret] }, model)))
    const after = { model: model ?? null, ok: data.every((one) => one.ok) }
    return change(admin, actor, async (_, note) => {
      await note({ action: 'channel.test', subject: params.id, after })
      return ok({ data })
    })
  },
})

async function probed(admin: Admin, channel: Channel, model: string | undefined) {
  const { kind, durationMs, fault } = await probe(admin.relay, channel, model)
  return {
    credential: hintOf(channel.secrets[0] ?? ''),
    ok: fault === undefined,
    kind,
    model: model ?? null,
    duration_ms: durationMs,
    fault: fault ? { class: fault.class, message: fault.message } : null,
  }
}

const models = endpoint({
  method: 'GET',
  path: '/channels/{id}/models',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'The models that the vendor of a channel has, as it says now',
  params: byId,
  answer: z.object({ data: z.array(z.string()) }),
  async run({ admin, params }): Promise<Result<{ data: string[] }>> {
    const channel = await findChannel(admin, params.id)
    if (!channel) return refuse(noSuchThing)
    const listed = await fetchModels(admin.relay, channel, channel.secrets[0] ?? '')
    return listed.ok ? ok({ data: listed.value.toSorted() }) : refuse({ ...listed.fault, class: 'bad_gateway' })
  },
})

const toldHealth = z.object({
  channel: z.string(),
  credential: z.string().describe('the last characters'),
  model: z.string().nullable().describe('null: all of them'),
  state: z.string(),
  since: moment,
  until: moment.nullable(),
  last_fault: z.string(),
})

const tellHealth = (channel: string, row: HealthRow) => ({
  channel,
  credential: row.credential,
  model: row.model ?? null,
  state: row.state,
  since: tellMoment(row.sinceMs),
  until: row.untilMs === undefined ? null : tellMoment(row.untilMs),
  last_fault: row.lastFault,
})

const ofAll = endpoint({
  method: 'GET',
  path: '/health',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'Where this process has seen faults: channel × model × credential. What is not here is well',
  answer: z.object({ data: z.array(toldHealth) }),
  run: async ({ admin: { relay } }) =>
    ok({
      data: relay
        .snapshot()
        .channels.flatMap((channel) => relay.health.view(channel).map((row) => tellHealth(channel.name, row))),
    }),
})

const ofOne = endpoint({
  method: 'GET',
  path: '/channels/{id}/health',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'Where this process has seen faults of a channel. What is not here is well',
  params: byId,
  answer: z.object({ data: z.array(toldHealth) }),
  async run({ admin, params }) {
    const channel = await findChannel(admin, params.id)
    if (!channel) return refuse(noSuchThing)
    return ok({ data: admin.relay.health.view(channel).map((row) => tellHealth(channel.name, row)) })
  },
})

const reset = endpoint({
  method: 'POST',
  path: '/channels/{id}/health/reset',
  role: 'admin',
  bodyLimit: noBody,
  summary: 'Forget the faults of a channel: it is asked again at once',
  params: byId,
  answer: z.object({ data: z.array(toldHealth) }),
  async run({ admin, actor, params }) {
    const channel = await findChannel(admin, params.id)
    if (!channel) return refuse(noSuchThing)
    admin.relay.health.reset(channel.name)
    return change(admin, actor, async (_, note) => {
      await note({ action: 'channel.reset', subject: params.id })
      return ok({ data: [] })
    })
  },
})

export const channelStateEndpoints: readonly Endpoint[] = [test, models, ofAll, ofOne, reset]
