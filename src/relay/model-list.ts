import type { UpstreamFormat } from '../model/dialect.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { Channel } from '../model/rows.ts'
import { credential } from '../providers/credential.ts'
import { baseUrlOf } from '../providers/provider.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import { ask } from './ask.ts'
import { matchesGlob } from './glob.ts'
import type { Relay } from './relay.ts'

const freshForMs = 5 * 60_000
const patienceMs = 3_000

interface Listed {
  readonly names: readonly string[]
  readonly atMs: number
}

const known = new WeakMap<Channel, Listed>()

/** Every name that these channels serve, sorted. Where a channel serves a pattern, its vendor is asked what there is. */
export async function listModels(relay: Relay, channels = relay.snapshot().channels): Promise<readonly string[]> {
  const names = await Promise.all(channels.map((channel) => namesOf(relay, channel)))
  return [...new Set(names.flat())].sort()
}

async function namesOf(relay: Relay, channel: Channel): Promise<readonly string[]> {
  const exact = channel.models.filter(({ name }) => !name.includes('*')).map(({ name }) => name)
  const globs = channel.models.filter(({ name, upstream }) => name.includes('*') && upstream === undefined)
  if (globs.length === 0) return exact
  const listed = known.get(channel)
  const fresh = listed && relay.clock() - listed.atMs < freshForMs ? listed : await vendorList(relay, channel, listed)
  known.set(channel, fresh)
  return [...exact, ...fresh.names.filter((name) => globs.some((glob) => matchesGlob(glob.name, name)))]
}

/** A vendor that does not answer keeps its last list; the listing of the others must not wait for it. */
async function vendorList(relay: Relay, channel: Channel, last: Listed | undefined): Promise<Listed> {
  const asked = await fetchModels(relay, channel, channel.secrets[0] ?? '')
  if (!asked.ok) relay.log.debug({ channel: channel.name }, 'the upstream did not list its models')
  return { names: asked.ok ? asked.value : (last?.names ?? []), atMs: relay.clock() }
}

/** Asks the vendor of a channel for the names of its models, with one of its secrets. */
export async function fetchModels(relay: Relay, channel: Channel, secret: string): Promise<Result<readonly string[]>> {
  const provider = relay.providerOf(channel.provider)
  const format = provider && listFormats.find((one) => provider.formats[one])
  const root = provider && format && baseUrlOf(provider, format, channel.baseUrl)
  if (!provider || !format || root === undefined)
    return refuse(fault('unsupported', 'This channel has no list of models.'))
  const url = new URL(root)
  const path = `${url.pathname.replace(/\/+$/, '')}${listPaths[format] ?? `${provider.apiPath}/models`}`
  const base = {
    accept: 'application/json',
    ...(format === 'anthropic-messages' && { 'anthropic-version': '2023-06-01' }),
  }
  const auth = provider.formats[format]?.auth ?? provider.auth
  const authorization = await credential(auth, secret).headers({
    method: 'GET',
    url: `${url.origin}${path}`,
    headers: base,
    body: new Uint8Array(),
  })
  const request = {
    origin: url.origin,
    path,
    method: 'GET' as const,
    headers: { ...base, ...authorization },
    body: undefined,
  }
  const answer = await ask(relay, request, patienceMs)
  if (!answer.ok) return answer
  const parsed = answer.status === 200 ? parseJson(answer.body) : undefined
  return parsed?.ok
    ? ok(namesIn(parsed.value))
    : refuse(fault('bad_gateway', `The upstream answered ${answer.status} where its models were asked for.`))
}

const listFormats: readonly UpstreamFormat[] = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini']

/** Where the format itself fixes the path; the OpenAI ones follow the provider's root. */
const listPaths: Partial<Record<UpstreamFormat, string>> = {
  'anthropic-messages': '/v1/models?limit=1000',
  gemini: '/v1beta/models?pageSize=1000',
}

function namesIn(body: unknown): string[] {
  const rows = isRecord(body) ? (body.data ?? body.models) : body
  if (!Array.isArray(rows)) return []
  return rows.flatMap((row: unknown) => {
    const name = isRecord(row) ? (row.id ?? row.name) : undefined
    return typeof name === 'string' ? [name.replace(/^models\//, '')] : []
  })
}
