import { z } from 'zod'
import { channelFields, channelSettings } from '../config/channels.ts'
import type { RateLimits } from '../model/account.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import { providers } from '../providers/index.ts'
import type { ChannelSettings } from '../store/channels.ts'
import { invalidInput } from './api/refusal.ts'

export const vendorSecret = z.string().min(1).max(16_384).describe('a vendor’s key; it is never told again')

const providerId = z.string().refine((id) => providers.has(id), { error: 'there is no such provider' })

/** An address with a name and a password in it would be told in every answer. */
const baseUrl = channelFields.base_url
  .unwrap()
  .max(2_000)
  .refine((text) => isPlain(text), { error: 'an address without user, query and fragment' })

function isPlain(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { username, password, search, hash } = new URL(text)
  return username === '' && password === '' && search === '' && hash === ''
}

const fields = {
  ...channelFields,
  provider: providerId,
  base_url: baseUrl.optional(),
  weight: z.int().min(1).max(1_000_000).default(1),
  priority: z.int().min(-1_000_000).max(1_000_000).default(0),
}

/** What a new channel is beside its name and its secrets. */
export const newChannelFields = fields

type Field = keyof typeof fields

/** Defaults are for what is new: what is not said of a channel that is there stays as it is. */
const bare = (field: z.ZodType): z.ZodType =>
  // Wrappers of zod's own classic types hold such types.
  field instanceof z.ZodDefault || field instanceof z.ZodOptional ? bare(field.unwrap() as z.ZodType) : field

const optional: Record<string, z.ZodType> = Object.fromEntries(
  Object.entries(fields).map(([name, field]) => [name, bare(field).nullable().optional()]),
)

/** Null: as if it had never been said. */
export const changedChannelFields = {
  // Every name is a field's.
  ...(optional as Record<Field, z.ZodType>),
  provider: providerId.optional(),
}

const form = z.strictObject(fields)
export type ChannelForm = z.input<typeof form>

/** A channel's settings from what was said of it. */
export function readForm(said: unknown): Result<ChannelSettings> {
  const parsed = form.safeParse(said)
  if (!parsed.success) return refuse(invalidInput(parsed.error))
  const provider = providers.get(parsed.data.provider)
  if (provider?.baseUrl === undefined && parsed.data.base_url === undefined)
    return refuse(fault('invalid', 'base_url: this provider has no address of its own', { param: 'base_url' }))
  return ok(channelSettings(parsed.data, provider?.models))
}

/** What was said, from the settings that it made. */
export const writeForm = (settings: ChannelSettings): ChannelForm => ({
  provider: settings.provider,
  ...(settings.baseUrl !== undefined && { base_url: settings.baseUrl }),
  ...(settings.formats && { dialects: [...settings.formats] }),
  models: settings.models.map(({ name, upstream }) => (upstream === undefined ? name : { name, upstream })),
  priority: settings.priority,
  weight: settings.weight,
  cache_breakpoints: settings.cacheBreakpoints ?? 'auto',
  ...(settings.whenClientLeaves && { client_gone: settings.whenClientLeaves }),
  ...(settings.limits && { limits: sayLimits(settings.limits) }),
  ...(settings.credentialLimits && { credential_limits: sayLimits(settings.credentialLimits) }),
  ...(settings.shaping?.headers && {
    headers: {
      ...(settings.shaping.headers.set && { set: { ...settings.shaping.headers.set } }),
      ...(settings.shaping.headers.remove && { remove: [...settings.shaping.headers.remove] }),
    },
  }),
  // What was set is JSON: it came as JSON.
  ...(settings.shaping?.body && { body: structuredClone(settings.shaping.body) as NonNullable<ChannelForm['body']> }),
  ...(settings.shaping?.systemPrompt && { system_prompt: { ...settings.shaping.systemPrompt } }),
})

const sayLimits = ({ requestsPerMinute, tokensPerMinute, concurrency }: RateLimits) => ({
  ...(requestsPerMinute !== undefined && { requests_per_minute: requestsPerMinute }),
  ...(tokensPerMinute !== undefined && { tokens_per_minute: tokensPerMinute }),
  ...(concurrency !== undefined && { concurrency }),
})

/** What is said of a channel with a change laid over it; null takes a field back to what it is when nobody says it. */
export const changedForm = (form: ChannelForm, change: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...form, ...withoutAbsent(change) }).filter(([, value]) => value !== null))

const withoutAbsent = (change: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
