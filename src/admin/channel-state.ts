import { z } from 'zod'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { Channel } from '../model/rows.ts'
import type { HealthRow } from '../relay/health.ts'
import { fetchModels } from '../relay/model-list.ts'
import type { Relay } from '../relay/relay.ts'
import { type ClosedCredential, hintOf } from '../store/channels.ts'
import type { KnownClosed } from '../store/closed.ts'
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
    const { closed, ...asked } = channel
    const secrets = channel.secrets.length > 0 || closed.length > 0 ? channel.secrets : ['']
    const probes = await Promise.all(secrets.map((secret) => probed(admin, { ...asked, secrets: [secret] }, model)))
    const data = [...probes, ...closed.map((one) => untried(one, model))]
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

/** Nobody can be asked with what cannot be opened. */
const untried = ({ hint, reason }: ClosedCredential, model: string | undefined): z.input<typeof toldProbe> => ({
  credential: hint,
  ok: false,
  kind: model === undefined ? 'models' : 'completion',
  model: model ?? null,
  duration_ms: 0,
  fault: { class: 'internal', message: `It cannot be opened (${reason}).` },
})

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
    if (channel.secrets.length === 0 && channel.closed.length > 0) return refuse(allClosed)
    const listed = await fetchModels(admin.relay, channel, channel.secrets[0] ?? '')
    return listed.ok ? ok({ data: listed.value.toSorted() }) : refuse({ ...listed.fault, class: 'bad_gateway' })
  },
})

const allClosed = fault('conflict', 'No credential of this channel can be opened: give it one anew.')

const toldHealth = z.object({
  channel: z.string(),
  credential: z.string().describe('the last characters'),
  model: z.string().nullable().describe('null: all of them'),
  state: z.string().describe('`unusable`: its secret cannot be opened'),
  since: moment,
  until: moment.nullable(),
  last_fault: z.string().nullable(),
  reason: z.string().nullable().describe('why it is unusable'),
})

const tellHealth = (channel: string, row: HealthRow) => ({
  channel,
  credential: row.credential,
  model: row.model ?? null,
  state: row.state,
  since: tellMoment(row.sinceMs),
  until: row.untilMs === undefined ? null : tellMoment(row.untilMs),
  last_fault: row.lastFault,
  reason: null,
})

const tellClosed = ({ channel, hint, sinceMs, reason }: KnownClosed): z.input<typeof toldHealth> => ({
  channel,
  credential: hint,
  model: null,
  state: 'unusable',
  since: tellMoment(sinceMs),
  until: null,
  last_fault: null,
  reason,
})

/** Of the channels that are served, those of the store that are shut too. */
const tellAll = (relay: Relay, channel: Channel): z.input<typeof toldHealth>[] => [
  ...relay
    .snapshot()
    .closed.filter((one) => one.channel === channel.name)
    .map(tellClosed),
  ...relay.health.view(channel).map((row) => tellHealth(channel.name, row)),
]

const ofAll = endpoint({
  method: 'GET',
  path: '/health',
  role: 'reader',
  bodyLimit: noBody,
  summary: 'Where this process has seen faults: channel × model × credential. What is not here is well',
  answer: z.object({ data: z.array(toldHealth) }),
  run: async ({ admin: { relay } }) =>
    ok({
      data: [...relay.snapshot().channels, ...relay.snapshot().shutChannels].flatMap((channel) =>
        tellAll(relay, channel),
      ),
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
    return ok({ data: tellAll(admin.relay, channel) })
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
