import { z } from 'zod'
import { dialectIds, type UpstreamFormat } from '../model/dialect.ts'
import type { Channel } from '../model/rows.ts'
import { rateLimitsOf, saidLimits } from './scope.ts'
import { shapingFields, shapingOf } from './shaping.ts'

const formats = [...dialectIds, 'bedrock-converse'] as const satisfies readonly UpstreamFormat[]

const modelRule = z.union([
  z.string().min(1),
  z.strictObject({ name: z.string().min(1), upstream: z.string().min(1).optional() }),
])

/** What a channel is beside its name, its provider and its secrets; the same in the file and in the API. */
export const channelFields = {
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  dialects: z.array(z.enum(formats)).min(1).optional(),
  models: z.array(modelRule).min(1).optional(),
  priority: z.int().default(0),
  weight: z.number().positive().default(1),
  /** Whether prompt-cache breakpoints are placed for clients whose format has none. */
  cache_breakpoints: z.enum(['auto', 'off']).default('auto'),
  /** What becomes of an answer whose client has left; absent: as the provider bills. */
  client_gone: z.enum(['abort', 'drain']).optional(),
  /** What it, and each of its keys, may be asked at most; a request that finds it full goes to the next. */
  limits: saidLimits.optional(),
  credential_limits: saidLimits.optional(),
  ...shapingFields,
}

const fields = z.object(channelFields)

/** @param served globs of what the provider serves, where the channel does not say. */
export function channelSettings(
  channel: z.output<typeof fields> & { readonly provider: string },
  served: readonly string[] = ['*'],
): Omit<Channel, 'name' | 'secrets'> {
  const shaping = shapingOf(channel)
  return {
    provider: channel.provider,
    ...(channel.base_url && { baseUrl: channel.base_url.replace(/\/+$/, '') }),
    ...(channel.dialects && { formats: channel.dialects }),
    models: (channel.models ?? served).map((rule) =>
      typeof rule === 'string'
        ? { name: rule }
        : { name: rule.name, ...(rule.upstream && { upstream: rule.upstream }) },
    ),
    priority: channel.priority,
    weight: channel.weight,
    ...(channel.cache_breakpoints === 'off' && { cacheBreakpoints: 'off' }),
    ...(channel.client_gone && { whenClientLeaves: channel.client_gone }),
    ...(channel.limits && { limits: rateLimitsOf(channel.limits) }),
    ...(channel.credential_limits && { credentialLimits: rateLimitsOf(channel.credential_limits) }),
    ...(shaping && { shaping }),
  }
}
