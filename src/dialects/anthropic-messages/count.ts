import { ok, type Result } from '../../model/fault.ts'
import type { ChatRequest } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import type { Target } from '../dialect.ts'
import type { AnthropicQuirks } from './quirks.ts'
import { writeRequest } from './request-write.ts'

/** What only an answer needs; the counter refuses it. */
const answerFields: ReadonlySet<string> = new Set([
  ...['max_tokens', 'stream', 'stop_sequences', 'metadata', 'service_tier', 'speed', 'container'],
  ...['temperature', 'top_p', 'top_k', 'diagnostics', 'fallbacks', 'inference_geo'],
])

/** The body of `POST /v1/messages/count_tokens`. */
export function writeCountRequest(
  request: ChatRequest,
  target: Target<AnthropicQuirks>,
): Result<Record<string, unknown>> {
  const written = writeRequest(request, target)
  if (!written.ok) return written
  return ok(Object.fromEntries(Object.entries(written.value.body).filter(([field]) => !answerFields.has(field))))
}

/** Tokens, or undefined when the answer has no such number. */
export const readCountReply = (body: unknown): number | undefined =>
  isRecord(body) && typeof body.input_tokens === 'number' && body.input_tokens >= 0 ? body.input_tokens : undefined
