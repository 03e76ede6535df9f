import type { ChatRequest } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'

/** Under this key the request as it came travels with `native`; a symbol, so that no writer counts it as a lost field. */
const received = Symbol('request as received')

/** `native`, and with it the body that the answer will echo. */
export const withEcho = (
  native: Record<string, unknown>,
  body: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> => Object.assign(native, { [received]: body })

/** Field by field, what an answer says when the request left it out. @see openai-node `Response` */
const defaults: Readonly<Record<string, unknown>> = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  safety_identifier: null,
  service_tier: 'auto',
  store: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  user: null,
}

/** The fields of a response that repeat the request. */
export function echoOf(ask: ChatRequest): Record<string, unknown> {
  // Only `withEcho` writes under this symbol, and it writes a body.
  const body = (ask.native as { readonly [received]?: Readonly<Record<string, unknown>> })[received] ?? {}
  const echo = Object.fromEntries(Object.entries(defaults).map(([field, value]) => [field, body[field] ?? value]))
  return {
    ...echo,
    ...(ask.state?.previousId !== undefined && { previous_response_id: ask.state.previousId }),
    reasoning: { effort: null, summary: null, ...(isRecord(body.reasoning) && body.reasoning) },
    text: { format: { type: 'text' }, ...(isRecord(body.text) && body.text) },
  }
}
