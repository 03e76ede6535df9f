import type { Nano } from '../model/money.ts'

/** One request, as its key holder may see it: nothing of channels, addresses or other keys. */
export interface LoggedRequest {
  readonly id: string
  readonly atMs: number
  readonly model: string
  readonly charged: Nano
  readonly isAnswered: boolean
  readonly isStream: boolean
  readonly promptTokens: number
  readonly completionTokens: number
  readonly cachedTokens: number
  readonly durationMs: number
}

/** Whose requests they are. */
export interface LogOwner {
  readonly keyName: string
  readonly accountName: string
  readonly group: string
}

const nanoPerPoint = 2_000n
const kinds = { consumed: 2, failed: 5 } as const

/**
 * A row of `GET /api/log/token`. Numbers that would say something of the inside are 0, `id` is the place in the list,
 * `other` is JSON in a string, and `quota` counts points (500,000 to the dollar, rounded down).
 */
export const writeLogEntry = (
  request: LoggedRequest,
  place: number,
  { accountName, group, keyName }: LogOwner,
): Record<string, unknown> => ({
  id: place,
  user_id: 0,
  created_at: Math.floor(request.atMs / 1000),
  type: request.isAnswered ? kinds.consumed : kinds.failed,
  content: '',
  username: accountName,
  token_name: keyName,
  model_name: request.model,
  quota: Number(request.charged / nanoPerPoint),
  prompt_tokens: request.promptTokens,
  completion_tokens: request.completionTokens,
  use_time: Math.ceil(request.durationMs / 1000),
  is_stream: request.isStream,
  channel: 0,
  channel_name: '',
  token_id: 0,
  group,
  ip: '',
  request_id: request.id,
  upstream_request_id: '',
  other: JSON.stringify({ cache_tokens: request.cachedTokens, charged_nano_usd: String(request.charged) }),
})
