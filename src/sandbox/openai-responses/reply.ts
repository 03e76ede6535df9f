import type { Answer } from '../answer.ts'
import type { Call } from '../format.ts'
import { hash } from '../hash.ts'
import { asRecord, isGiven, type Untyped } from '../untyped.ts'
import { writeItems } from './output.ts'

/** A whole response. */
export function writeReply(call: Call, answer: Answer): Untyped {
  const isWhole = answer.end !== 'length' && answer.end !== 'filter'
  const reason = answer.end === 'filter' ? 'content_filter' : 'max_output_tokens'
  return {
    ...writeFrame(call),
    status: isWhole ? 'completed' : 'incomplete',
    completed_at: isWhole ? seconds(call) : null,
    incomplete_details: isWhole ? null : { reason },
    output: writeItems(call, answer),
    usage: writeUsage(answer),
  }
}

const seconds = (call: Call): number => Math.floor(call.nowMs / 1000)

/** A response before it has an output: what was asked, told back. */
export const writeFrame = (call: Call): Untyped => {
  const { body } = call
  const given = (name: string, otherwise: unknown): Untyped => ({
    [name]: isGiven(body[name]) ? body[name] : otherwise,
  })
  return {
    id: `resp_${hash(call.seed).slice(0, 48)}`,
    object: 'response',
    created_at: seconds(call),
    status: 'in_progress',
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    ...given('instructions', null),
    ...given('max_output_tokens', null),
    ...given('max_tool_calls', null),
    model: call.name,
    output: [],
    ...given('parallel_tool_calls', true),
    ...given('previous_response_id', null),
    ...given('prompt_cache_key', null),
    reasoning: { effort: null, summary: null, ...asRecord(body.reasoning) },
    ...given('safety_identifier', null),
    service_tier: 'default',
    ...given('store', true),
    ...given('temperature', 1),
    text: {
      verbosity: 'medium',
      ...asRecord(body.text),
      format: asRecord(body.text).format ?? { type: 'text' },
    },
    ...given('tool_choice', 'auto'),
    ...given('tools', []),
    ...given('top_logprobs', 0),
    ...given('top_p', 1),
    truncation: 'disabled',
    usage: null,
    ...given('user', null),
    ...given('metadata', {}),
  }
}

const writeUsage = ({ usage }: Answer): Untyped => ({
  input_tokens: usage.input,
  input_tokens_details: { cached_tokens: usage.cached, cache_write_tokens: 0 },
  output_tokens: usage.output,
  output_tokens_details: { reasoning_tokens: usage.thinking },
  total_tokens: usage.input + usage.output,
})
