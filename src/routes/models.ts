import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clientCodecs } from '../dialects/index.ts'
import { type ListedModel, type ModelsForm, modelsForm, writeModel, writeModels } from '../endpoints/models.ts'
import type { ClientFormat } from '../model/dialect.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { KeyRow } from '../model/rows.ts'
import { contextWindow } from '../providers/catalogue.ts'
import { capabilitiesOf } from '../providers/models.ts'
import { authenticated, mayUse, modelMeant } from '../relay/admit.ts'
import { headersOf } from '../relay/incoming.ts'
import { listModels } from '../relay/model-list.ts'
import { channelsFor } from '../relay/reach.ts'
import type { Relay } from '../relay/relay.ts'
import { idHeaders } from '../relay/response-headers.ts'
import { upstreamName } from '../relay/serving.ts'
import { faultAnswer, tellJson } from '../relay/tell-fault.ts'
import { unknownModel } from '../relay/unknown-model.ts'

const formatOf: Record<ModelsForm, ClientFormat> = {
  anthropic: 'anthropic-messages',
  openai: 'openai-chat',
  gemini: 'gemini',
}

/** Lists of models, each client's shape at the same path: `GET /v1/models[/{id}]`, `GET /v1beta/models[/{id}]`. */
export function modelRoutes(server: FastifyInstance, relay: Relay): void {
  for (const [root, isGemini] of [
    ['/v1', false],
    ['/v1beta', true],
    ['/v1alpha', true],
  ] as const) {
    server.get(`${root}/models`, (request, reply) => answered(relay, request, reply, isGemini, undefined))
    server.get<{ Params: { '*': string } }>(`${root}/models/*`, (request, reply) =>
      answered(relay, request, reply, isGemini, request.params['*']),
    )
  }
  server.get('/v1beta/openai/models', (request, reply) => answered(relay, request, reply, false, undefined))
}

async function answered(
  relay: Relay,
  request: FastifyRequest,
  reply: FastifyReply,
  isGeminiPath: boolean,
  id: string | undefined,
): Promise<void> {
  reply.hijack()
  const form = modelsForm(headersOf(request.raw), isGeminiPath)
  const found = await find(relay, request, form, id)
  if (!found.ok) {
    const { status, headers, body } = faultAnswer(clientCodecs[formatOf[form]], found.fault, request.id)
    reply.raw.writeHead(status, headers)
    reply.raw.end(body)
  } else tellJson(reply.raw, 200, found.value, idHeaders(formatOf[form], request.id))
}

async function find(
  relay: Relay,
  request: FastifyRequest,
  form: ModelsForm,
  id: string | undefined,
): Promise<Result<Record<string, unknown>>> {
  const key = authenticated(relay, request.raw, 'models')
  if (!key.ok) return key
  const channels = channelsFor(relay.snapshot(), key.value)
  if (id === undefined) {
    const listed = [...(await listModels(relay, channels)), ...aliasNames(key.value), ...chainNames(relay)]
    const names = [...new Set(listed)].filter((name) => mayUse(key.value, modelMeant(key.value, name))).sort()
    const query = new URL(request.raw.url ?? '/', 'http://local').searchParams
    return ok(
      writeModels(
        form,
        names.map((name) => asListed(relay, name, modelMeant(key.value, name))),
        query,
      ),
    )
  }
  const meant = modelMeant(key.value, id)
  const isServed =
    chainNames(relay).includes(meant) || channels.some((channel) => upstreamName(channel, meant) !== undefined)
  if (!isServed || !mayUse(key.value, meant)) return refuse(unknownModel(channels, key.value, id))
  return id === ''
    ? refuse(fault('not_found', 'No model was named.'))
    : ok(writeModel(form, asListed(relay, id, meant)))
}

/** Aliases that are names, not patterns. */
const aliasNames = (key: KeyRow): string[] => key.aliases.flatMap(({ name }) => (name.includes('*') ? [] : [name]))

/** Names that stand for a list of models; patterns are no names. */
const chainNames = (relay: Relay): string[] =>
  relay.snapshot().routing.fallbacks.flatMap(({ name }) => (name.includes('*') ? [] : [name]))

function asListed(relay: Relay, id: string, meant: string): ListedModel {
  const { efforts, maxOutput, thinks } = capabilitiesOf(meant)
  const maxInput = windowOf(relay, meant)
  return {
    id,
    ...(maxInput !== undefined && { maxInput }),
    ...(maxOutput !== undefined && { maxOutput }),
    ...(thinks && { efforts }),
  }
}

/** That of the first upstream that serves it. */
function windowOf(relay: Relay, model: string): number | undefined {
  for (const channel of relay.snapshot().channels) {
    const upstream = upstreamName(channel, model)
    const provider = relay.providerOf(channel.provider)
    if (upstream !== undefined && provider) return contextWindow(provider, upstream)
  }
  return undefined
}
