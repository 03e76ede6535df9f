import type { IncomingRequest } from '../dialects/dialect.ts'
import { type Fault, fault, ok, type Result, refuse } from '../model/fault.ts'
import { dropped, type Loss } from '../model/loss.ts'
import { isRecord } from '../wire/json.ts'
import { type Edit, splice } from '../wire/splice.ts'

/** What the client would have the best of. */
export const sorts = ['price', 'latency', 'throughput'] as const
export type Sort = (typeof sorts)[number]

/** What one request says about who should answer it, in OpenRouter's words. Never a vendor's to read. */
export interface Preferences {
  /** Models that may stand in, the first first; names as the client says them. */
  readonly models: readonly string[]
  /** Providers or channels, the first first. */
  readonly order: readonly string[]
  readonly only?: readonly string[]
  readonly ignore: readonly string[]
  readonly sort?: Sort
  /** USD per million tokens. */
  readonly maxPrice?: { readonly input?: number; readonly output?: number }
  /** false: nobody but the one who is first, or those in `order`. */
  readonly allowFallbacks: boolean
  /** Only who can be asked without loss. */
  readonly requireParameters: boolean
  /** What was said and means nothing here. */
  readonly lost: readonly Loss[]
}

export const noPreferences: Preferences = {
  models: [],
  order: [],
  ignore: [],
  allowFallbacks: true,
  requireParameters: false,
  lost: [],
}

interface Said {
  readonly incoming: IncomingRequest
  readonly bytes: Uint8Array
}

export interface Taken extends Said {
  readonly preferences: Preferences
}

/** Ours, in whatever format they come. `route` is how `models` was once switched on. */
const fields = ['models', 'provider', 'route'] as const

/**
 * Reads the preferences and takes them out of the request: what follows sees a body without them.
 * @see https://openrouter.ai/docs/guides/routing/provider-selection
 */
export function takePreferences<T extends Said>(said: T): Result<T & Taken> {
  const { body } = said.incoming
  const present = fields.filter((field) => field in body)
  if (present.length === 0) return ok({ ...said, preferences: noPreferences })
  const read = readPreferences(body)
  if (!read.ok) return read
  const rest = Object.fromEntries(Object.entries(body).filter(([field]) => !(present as string[]).includes(field)))
  const [first, ...others] = read.value.models
  // Who lists models need not name the first of them twice.
  const named = first !== undefined && rest.model === undefined && !said.incoming.path
  const edits: Edit[] = [
    ...present.map((field) => ({ path: [field] })),
    ...(named ? [{ path: ['model'], value: first }] : []),
  ]
  return ok({
    ...said,
    incoming: { ...said.incoming, body: named ? { ...rest, model: first } : rest },
    bytes: splice(said.bytes, edits),
    preferences: named ? { ...read.value, models: others } : read.value,
  })
}

type Body = Readonly<Record<string, unknown>>

function readPreferences(body: Body): Result<Preferences> {
  const { models, provider = {}, route } = body
  if (route !== undefined && route !== null && typeof route !== 'string') return wrong('route', 'a string')
  if (!isRecord(provider) && provider !== null) return wrong('provider', 'an object')
  const chain = names(models, 'models')
  if (!chain.ok) return chain
  if ((chain.value?.length ?? 0) > mostModels) return wrong('models', `at most ${mostModels} names`)
  const read = readProvider(provider ?? {})
  return read.ok ? ok({ ...read.value, models: chain.value ?? [] }) : read
}

const mostModels = 10
const mostNames = 100

/** Members that mean something here. */
const known = new Set(['order', 'only', 'ignore', 'sort', 'max_price', 'allow_fallbacks', 'require_parameters'])

function readProvider(provider: Body): Result<Preferences> {
  const refused = promises(provider)
  if (refused) return refuse(refused)
  const order = names(provider.order, 'provider.order')
  const only = names(provider.only, 'provider.only')
  const ignore = names(provider.ignore, 'provider.ignore')
  const sort = readSort(provider.sort)
  const maxPrice = readMaxPrice(provider.max_price)
  const allowFallbacks = flag(provider.allow_fallbacks, 'provider.allow_fallbacks')
  const requireParameters = flag(provider.require_parameters, 'provider.require_parameters')
  for (const one of [order, only, ignore, sort, maxPrice, allowFallbacks, requireParameters]) if (!one.ok) return one
  if (!order.ok || !only.ok || !ignore.ok || !sort.ok || !maxPrice.ok || !allowFallbacks.ok || !requireParameters.ok)
    throw new Error('each of them was looked at')
  return ok({
    models: [],
    order: order.value ?? [],
    ...(only.value && { only: only.value }),
    ignore: ignore.value ?? [],
    ...(sort.value && { sort: sort.value }),
    ...(maxPrice.value && { maxPrice: maxPrice.value }),
    allowFallbacks: allowFallbacks.value ?? true,
    requireParameters: requireParameters.value ?? false,
    lost: lostOf(provider),
  })
}

/** What was said and cannot be done: by name, the least of it changed. */
function lostOf(provider: Body): readonly Loss[] {
  const { sort, max_price: most } = provider
  const unknown = Object.keys(provider).filter((name) => !known.has(name) && !isEmpty(provider[name]))
  const unpriced = isRecord(most) ? Object.keys(most).filter((name) => name !== 'prompt' && name !== 'completion') : []
  return [
    ...unknown.map((name) => dropped(`provider.${name}`)),
    ...unpriced.map((name) => dropped(`provider.max_price.${name}`)),
    ...(isRecord(sort) && sort.partition === 'none' ? [dropped('provider.sort.partition')] : []),
  ]
}

const isEmpty = (value: unknown): boolean => value === null || value === false || value === 'allow'

/** What nobody here can promise is refused: an answer from somebody who keeps the data would be worse than none. */
function promises(provider: Body): Fault | undefined {
  const field = provider.data_collection === 'deny' ? 'data_collection' : provider.zdr === true ? 'zdr' : undefined
  return field === undefined
    ? undefined
    : fault('unsupported', `provider.${field}: what providers keep is not known here, so that it cannot be promised`, {
        param: `provider.${field}`,
      })
}

function names(value: unknown, param: string): Result<readonly string[] | undefined> {
  if (value === undefined || value === null) return ok(undefined)
  const isList = Array.isArray(value) && value.length <= mostNames
  return isList && value.every(isName) ? ok(value) : wrong(param, 'a list of names')
}

const isName = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && value.length <= 512 && value.isWellFormed()

const flag = (value: unknown, param: string): Result<boolean | undefined> =>
  value === undefined || value === null
    ? ok(undefined)
    : typeof value === 'boolean'
      ? ok(value)
      : wrong(param, 'true or false')

function readSort(value: unknown): Result<Sort | undefined> {
  const by = isRecord(value) ? value.by : value
  if (by === undefined || by === null) return ok(undefined)
  const known = sorts.find((sort) => sort === by)
  return known ? ok(known) : wrong('provider.sort', `one of ${sorts.join(', ')}`)
}

function readMaxPrice(value: unknown): Result<Preferences['maxPrice']> {
  if (value === undefined || value === null) return ok(undefined)
  if (!isRecord(value)) return wrong('provider.max_price', 'an object')
  for (const name of ['prompt', 'completion', 'request', 'image', 'audio'])
    if (value[name] !== undefined && amount(value[name]) === undefined)
      return wrong(`provider.max_price.${name}`, 'an amount in USD, 0 or more')
  const input = amount(value.prompt)
  const output = amount(value.completion)
  return ok({ ...(input !== undefined && { input }), ...(output !== undefined && { output }) })
}

/** OpenRouter's own prices are strings, so that its clients send both. */
function amount(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined
}

const wrong = (param: string, wanted: string): { readonly ok: false; readonly fault: Fault } =>
  refuse(fault('invalid', `${param}: must be ${wanted}`, { param }))
