import { z } from 'zod'
import { saidLimits } from '../config/scope.ts'
import type { Channel } from '../model/rows.ts'
import { type ChannelRow, hintOf } from '../store/channels.ts'
import { moment, tellMoment } from './api/amount.ts'
import { writeForm } from './channel-form.ts'

const toldCredential = z.object({
  id: z.string().nullable().describe('null: of the file'),
  hint: z.string().describe('the last characters, to recognise it by'),
  is_enabled: z.boolean(),
  created_at: moment.nullable(),
})

export const toldChannel = z.object({
  id: z.string(),
  name: z.string(),
  is_enabled: z.boolean(),
  source: z.enum(['api', 'file']),
  provider: z.string(),
  base_url: z.string().optional(),
  dialects: z.array(z.string()).optional(),
  models: z.array(z.union([z.string(), z.object({ name: z.string(), upstream: z.string() })])),
  priority: z.number(),
  weight: z.number(),
  cache_breakpoints: z.string(),
  client_gone: z.string().optional(),
  limits: saidLimits.optional(),
  credential_limits: saidLimits.optional().describe('of each of its credentials'),
  headers: z.unknown().optional(),
  body: z.unknown().optional(),
  system_prompt: z.unknown().optional(),
  credentials: z.array(toldCredential),
  created_at: moment.nullable(),
})

/** A form is what `toldChannel` holds of it: its models are names, or pairs of names. */
type ToldChannel = z.input<typeof toldChannel>
const settingsOf = (settings: ChannelRow['settings']) => writeForm(settings) as Omit<ToldChannel, 'id'>

export const tellChannel = (row: ChannelRow): ToldChannel => ({
  ...settingsOf(row.settings),
  id: row.id,
  name: row.name,
  is_enabled: row.isEnabled,
  source: 'api',
  credentials: row.credentials.map(({ id, hint, isEnabled, createdAtMs }) => ({
    id,
    hint,
    is_enabled: isEnabled,
    created_at: tellMoment(createdAtMs),
  })),
  created_at: tellMoment(row.createdAtMs),
})

/** The id of a channel that has none in the store. */
export const fileId = (channel: string): string => `file:${channel}`

export function tellOfFile(channel: Channel): ToldChannel {
  const { name, secrets, ...settings } = channel
  return {
    ...settingsOf(settings),
    id: fileId(name),
    name,
    is_enabled: true,
    source: 'file',
    credentials: secrets.map((secret) => ({ id: null, hint: hintOf(secret), is_enabled: true, created_at: null })),
    created_at: null,
  }
}
