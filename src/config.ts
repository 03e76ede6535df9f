import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { accountSchema, type ConfiguredAccount, groupSchema } from './config/accounts.ts'
import { channelFields, channelSettings } from './config/channels.ts'
import { isDatabaseUrl } from './config/database-url.ts'
import { type ConfiguredPrice, pricesSchema } from './config/prices.ts'
import { routingFields, routingOf } from './config/routing.ts'
import { addressRange, modelPattern, rateLimits, scopeFields, scopeOf } from './config/scope.ts'
import { defaultGroup, type Group, type KeyScope, type ModelLimits } from './model/account.ts'
import type { Routing } from './model/routing.ts'
import type { Channel, ModelAlias } from './model/rows.ts'
import { provider, providers } from './providers/index.ts'

/** All settings, checked once and frozen. */
export interface Config {
  readonly host: string
  readonly port: number
  /** `:memory:` keeps nothing. */
  readonly dataDirectory: string
  /** Of the PostgreSQL database where everything is kept instead; holds a password. */
  readonly databaseUrl?: string
  readonly masterKey?: string
  /** The one before, while it is being changed. */
  readonly oldMasterKey?: string
  readonly channels: readonly Channel[]
  readonly keys: readonly ConfiguredKey[]
  readonly groups: readonly Omit<Group, 'source'>[]
  readonly accounts: readonly ConfiguredAccount[]
  /** Of models, whoever asks for them. */
  readonly modelLimits: readonly Omit<ModelLimits, 'source'>[]
  readonly prices: readonly ConfiguredPrice[]
  readonly routing: Routing
  /** Whose `x-forwarded-for` is believed: addresses and ranges. */
  readonly trustedProxies: readonly string[]
  /** Serve the built-in models. */
  readonly sandbox: boolean
  readonly limits: Limits
  /** Who may read `/metrics`: everybody, or holders of a token of the management API. */
  readonly metrics: { readonly isPublic: boolean }
}

export interface ConfiguredKey {
  readonly name: string
  /** Absent: made and printed at the first start. */
  readonly key?: string
  readonly models: readonly string[]
  readonly aliases: readonly ModelAlias[]
  /** The name of the account that pays; absent: everything is counted, nothing refused. */
  readonly account?: string
  readonly scope: KeyScope
}

export type Limits = z.output<typeof limitsSchema>

/** What is wrong with a configuration. `line` counts from 1; absent for the environment. */
export interface Problem {
  readonly line?: number
  readonly message: string
}

export type Checked =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export interface Sources {
  /** The text of `causeway.yaml`, when there is one. */
  readonly file?: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly flags?: { readonly host?: string; readonly port?: string; readonly data?: string }
}

const milliseconds = (fallback: number) => z.int().min(1).max(86_400_000).default(fallback)

const limitsSchema = z
  .strictObject({
    /** Largest request body, before and after inflating. */
    body_bytes: z.int().min(1024).max(1_073_741_824).default(33_554_432),
    body_timeout_ms: milliseconds(60_000),
    headers_timeout_ms: milliseconds(15_000),
    connect_timeout_ms: milliseconds(5_000),
    first_byte_timeout_ms: milliseconds(600_000),
    idle_timeout_ms: milliseconds(120_000),
    /** Largest whole answer of an upstream, and largest frame of a stream. */
    reply_bytes: z.int().min(1024).max(1_073_741_824).default(134_217_728),
    attempts: z.int().min(1).max(10).default(3),
    /** How long running requests may go on after SIGTERM. */
    drain_timeout_ms: milliseconds(30_000),
  })
  .prefault({})

const fileSchema = z.strictObject({
  sandbox: z.boolean().optional(),
  limits: limitsSchema,
  channels: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        provider: z.string().refine((id) => provider(id) !== undefined, {
          error: (issue) => `no provider is called "${String(issue.input)}"; see \`causeway providers\``,
        }),
        keys: z.array(z.string().min(1)).default([]),
        ...channelFields,
      }),
    )
    .default([]),
  keys: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        key: z.string().min(8).optional(),
        models: z.array(z.string().min(1)).default(['*']),
        aliases: z.record(z.string().min(1), z.string().min(1)).default({}),
        account: z.string().min(1).optional(),
        ...scopeFields,
      }),
    )
    .default([]),
  groups: z.array(groupSchema).default([]),
  accounts: z.array(accountSchema).default([]),
  /** By name or glob. */
  model_limits: z.record(modelPattern, rateLimits).default({}),
  prices: pricesSchema.default([]),
  trusted_proxies: z.array(addressRange).default([]),
  metrics: z.strictObject({ public: z.boolean().default(false) }).prefault({}),
  ...routingFields,
})

type File = z.output<typeof fileSchema>

/** Reads and checks everything that can be configured. Never throws: what is wrong is told with its line. */
export function checkConfig(sources: Sources): Checked {
  const read = readFile(sources.file ?? '')
  if ('problems' in read) return { ok: false, problems: read.problems }
  const { file, lineOf } = read
  const problems: Problem[] = []
  const secret = (value: string, path: readonly (string | number)[]): string => {
    if (!value.startsWith('env:')) return value
    const found = sources.environment[value.slice(4)]?.trim()
    if (!found) problems.push({ ...lineOf(path), message: `the environment has no ${value.slice(4)}` })
    return found ?? ''
  }
  const configured = file.channels.map((channel, at) => asChannel(channel, at, secret))
  for (const [at, channel] of file.channels.entries()) {
    if (file.channels.findIndex(({ name }) => name === channel.name) < at)
      problems.push({ ...lineOf(['channels', at, 'name']), message: `two channels are called "${channel.name}"` })
    if (!channel.base_url && provider(channel.provider)?.baseUrl === undefined)
      problems.push({ ...lineOf(['channels', at]), message: `channel "${channel.name}" needs a base_url` })
  }
  problems.push(...namesThatAreNot(file, lineOf))
  const keys = file.keys.map(({ name, key, models, aliases, account, ...scope }, at) => ({
    name,
    models,
    ...(account !== undefined && { account }),
    scope: scopeOf(scope),
    aliases: Object.entries(aliases).map(([alias, model]) => ({ name: alias, model })),
    ...(key !== undefined && { key: secret(key, ['keys', at, 'key']) }),
  }))
  for (const [at, { key, name }] of keys.entries()) {
    if (keys.findIndex((other) => other.name === name) < at)
      problems.push({ ...lineOf(['keys', at, 'name']), message: `two keys are called "${name}"` })
    if (key && keys.findIndex((other) => other.key === key) < at)
      problems.push({ ...lineOf(['keys', at, 'key']), message: `key "${name}" is the same as another` })
  }
  const place = readPlace(sources)
  problems.push(...place.problems)
  if (problems.length > 0) return { ok: false, problems }
  return {
    ok: true,
    config: Object.freeze({
      ...place.settings,
      channels: configured.length > 0 ? configured : channelsOf(sources.environment),
      keys,
      groups: file.groups,
      accounts: file.accounts,
      modelLimits: Object.entries(file.model_limits).map(([model, limits]) => ({ model, limits })),
      prices: file.prices,
      trustedProxies: file.trusted_proxies,
      routing: routingOf(file),
      sandbox: file.sandbox ?? configured.length === 0,
      limits: file.limits,
      metrics: { isPublic: file.metrics.public },
    }),
  }
}

/** Accounts and groups that are named and not there, and names that are there twice. */
function namesThatAreNot(file: File, lineOf: LineOf): Problem[] {
  const twice = (list: 'groups' | 'accounts'): Problem[] =>
    file[list].flatMap(({ name }, at) =>
      file[list].findIndex((other) => other.name === name) < at
        ? [{ ...lineOf([list, at, 'name']), message: `two ${list} are called "${name}"` }]
        : [],
    )
  const groups = new Set([defaultGroup, ...file.groups.map(({ name }) => name)])
  const accounts = new Set(file.accounts.map(({ name }) => name))
  return [
    ...twice('groups'),
    ...twice('accounts'),
    ...file.accounts.flatMap(({ group }, at) =>
      groups.has(group) ? [] : [{ ...lineOf(['accounts', at, 'group']), message: `there is no group "${group}"` }],
    ),
    ...file.keys.flatMap(({ account }, at) =>
      account === undefined || accounts.has(account)
        ? []
        : [{ ...lineOf(['keys', at, 'account']), message: `there is no account "${account}"` }],
    ),
  ]
}

type Place = Pick<Config, 'host' | 'port' | 'dataDirectory' | 'databaseUrl' | 'masterKey' | 'oldMasterKey'>

/** What flags and environment say; flags count more, and empty values not at all. */
function readPlace({ environment, flags }: Sources): { settings: Place; problems: Problem[] } {
  const { CAUSEWAY_DATABASE_URL, CAUSEWAY_MASTER_KEY, CAUSEWAY_MASTER_KEY_OLD } = environment
  const port = flags?.port || environment.CAUSEWAY_PORT || '3000'
  const problems: Problem[] = []
  if (!/^\d+$/.test(port) || Number(port) > 65535)
    problems.push({ message: 'the port must be a whole number from 0 to 65535' })
  // What it is instead is not told: it may hold a password.
  if (CAUSEWAY_DATABASE_URL && !isDatabaseUrl(CAUSEWAY_DATABASE_URL))
    problems.push({ message: 'CAUSEWAY_DATABASE_URL must be like postgres://user:password@host:5432/database' })
  for (const [name, value] of Object.entries({ CAUSEWAY_MASTER_KEY, CAUSEWAY_MASTER_KEY_OLD }))
    if (value && value.length < 16) problems.push({ message: `${name} must have at least 16 characters` })
  if (CAUSEWAY_MASTER_KEY_OLD && CAUSEWAY_MASTER_KEY_OLD === CAUSEWAY_MASTER_KEY)
    problems.push({ message: 'CAUSEWAY_MASTER_KEY_OLD must be another key than CAUSEWAY_MASTER_KEY' })
  return {
    settings: {
      host: flags?.host || environment.CAUSEWAY_HOST || '127.0.0.1',
      port: Number(port),
      dataDirectory: flags?.data || environment.CAUSEWAY_DATA || './data',
      ...(CAUSEWAY_DATABASE_URL && { databaseUrl: CAUSEWAY_DATABASE_URL }),
      ...(CAUSEWAY_MASTER_KEY && { masterKey: CAUSEWAY_MASTER_KEY }),
      ...(CAUSEWAY_MASTER_KEY_OLD && { oldMasterKey: CAUSEWAY_MASTER_KEY_OLD }),
    },
    problems,
  }
}

function asChannel(
  channel: File['channels'][number],
  at: number,
  secret: (value: string, path: readonly (string | number)[]) => string,
): Channel {
  return {
    name: channel.name,
    secrets: channel.keys.map((key, position) => secret(key, ['channels', at, 'keys', position])),
    ...channelSettings(channel, provider(channel.provider)?.models),
  }
}

/** One channel for every provider whose usual variable is set. */
function channelsOf(environment: Sources['environment']): Channel[] {
  return [...providers.values()].flatMap((one) => {
    const found = one.environment.map((name) => environment[name]?.trim()).find((value) => value)
    if (!found || one.baseUrl === undefined) return []
    return [
      {
        name: one.id,
        provider: one.id,
        secrets: [found],
        models: (one.models ?? ['*']).map((name) => ({ name })),
        priority: 0,
        weight: 1,
      },
    ]
  })
}

type LineOf = (path: readonly PropertyKey[]) => { line?: number }

function readFile(text: string): { file: File; lineOf: LineOf } | { problems: Problem[] } {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter })
  if (document.errors.length > 0)
    return {
      problems: document.errors.map((error) => ({
        line: counter.linePos(error.pos[0]).line,
        message: error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'not YAML',
      })),
    }
  const lineOf: LineOf = (path) => {
    for (let length = path.length; length > 0; length--) {
      const node: unknown = document.getIn(path.slice(0, length), true)
      if (hasRange(node)) return { line: counter.linePos(node.range[0]).line }
    }
    return {}
  }
  let plain: unknown
  try {
    plain = document.toJS()
  } catch (error) {
    // Aliases that lead nowhere, or that would unfold without end.
    return { problems: [{ message: error instanceof Error ? error.message : String(error) }] }
  }
  const parsed = fileSchema.safeParse(plain ?? {})
  if (parsed.success) return { file: parsed.data, lineOf }
  const problems = parsed.error.issues.flatMap((issue): Problem[] => {
    const where = issue.path.map(String).join('.')
    if (issue.code !== 'unrecognized_keys')
      return [{ ...lineOf(issue.path), message: where === '' ? issue.message : `${where}: ${issue.message}` }]
    return issue.keys.map((key) => ({
      ...lineOf([...issue.path, key]),
      message: `${where === '' ? '' : `${where}: `}unknown key "${key}"`,
    }))
  })
  return { problems }
}

const hasRange = (node: unknown): node is { range: [number, number, number] } =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
