import { ok, type Result } from '../../model/fault.ts'
import type { ChatRequest } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import type { Target } from '../dialect.ts'
import type { ResponsesQuirks } from './quirks.ts'
import { writeRequest } from './request-write.ts'

/** The fields of a request that `POST /v1/responses/input_tokens` takes. @see openai-node `InputTokenCountParams` */
const countedFields: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
])

/** The request as its counter wants it. */
export function writeCount(request: ChatRequest, target: Target<ResponsesQuirks>): Result<Record<string, unknown>> {
  const written = writeRequest(request, target)
  if (!written.ok) return written
  return ok(Object.fromEntries(Object.entries(written.value.body).filter(([field]) => countedFields.has(field))))
}

/** Tokens, or undefined when the answer has no such number. */
export const readCount = (body: unknown): number | undefined =>
  isRecord(body) && typeof body.input_tokens === 'number' ? body.input_tokens : undefined

/** What a client that asked for a count is told. */
export const countAnswer = (tokens: number): Record<string, unknown> => ({
  object: 'response.input_tokens',
  input_tokens: tokens,
})
