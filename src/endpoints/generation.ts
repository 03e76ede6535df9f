import { type Nano, usdOf } from '../model/money.ts'

/** One request, as whoever asked it may look it up. */
export interface Generation {
  readonly id: string
  /** The id that the answer itself had. */
  readonly answerId: string | undefined
  readonly atMs: number
  readonly model: string
  readonly provider: string | undefined
  readonly charged: Nano
  readonly isStream: boolean
  /** The client left before the end. */
  readonly isCancelled: boolean
  readonly durationMs: number
  /** Streams: until the first content. */
  readonly firstMs: number | undefined
  readonly promptTokens: number
  readonly completionTokens: number
  readonly reasoningTokens: number
  readonly cachedTokens: number
  readonly searches: number
}

/**
 * `GET /api/v1/generation?id=`, in OpenRouter's words. Tokens are the vendor's own count, so that both of its counts are
 * the same here; what is not measured is null.
 * @see https://openrouter.ai/docs/api/api-reference/generations/get-generation
 */
export function writeGeneration(generation: Generation): Record<string, unknown> {
  const cost = Number(usdOf(generation.charged))
  return {
    data: {
      id: generation.id,
      upstream_id: generation.answerId ?? null,
      model: generation.model,
      provider_name: generation.provider ?? null,
      created_at: new Date(generation.atMs).toISOString(),
      streamed: generation.isStream,
      cancelled: generation.isCancelled,
      total_cost: cost,
      usage: cost,
      cache_discount: null,
      is_byok: false,
      generation_time: generation.durationMs,
      latency: generation.firstMs ?? (generation.isStream ? null : generation.durationMs),
      moderation_latency: null,
      finish_reason: null,
      native_finish_reason: null,
      tokens_prompt: generation.promptTokens,
      tokens_completion: generation.completionTokens,
      native_tokens_prompt: generation.promptTokens,
      native_tokens_completion: generation.completionTokens,
      native_tokens_reasoning: generation.reasoningTokens,
      native_tokens_cached: generation.cachedTokens,
      num_media_prompt: null,
      num_media_completion: null,
      num_search_results: generation.searches,
      origin: '',
      app_id: null,
    },
  }
}

/** The same for what never was and for what is another's. */
export const writeNoGeneration = (id: string): Record<string, unknown> => ({
  error: { code: 404, message: `Generation ${id} not found` },
})
