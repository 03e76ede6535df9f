import type { DialectId } from '../../../src/model/dialect.ts'
import { Exceptions } from '../exceptions.ts'
import type { Asking } from './asking.ts'

/** A refusal that is right: the request has something that would be another question without it. */
interface Refusal {
  readonly why: string
  readonly upstreams?: readonly DialectId[]
  /** What the request must hold for it. */
  readonly holds: RegExp
  /** What the refusal says. */
  readonly says: RegExp
}

/** The cells marked X in the protocol reference's matrix of requests, as far as recordings reach them. */
export const refusals = new Exceptions<Refusal>([
  {
    why: 'A response that was not answered through here may be somebody else’s.',
    holds: /"previous_response_id":"resp_/,
    says: /Previous response with id/,
  },
  {
    why: 'The address is replaced by one that may not be fetched.',
    holds: /https:\/\/127\.0\.0\.1/,
    says: /could not be fetched/,
  },
  {
    why: 'Files at a vendor’s are open to that vendor alone.',
    holds: /"(?:file_id|fileUri|file_uri)":/,
    says: /another vendor|by (?:file )?id|does not support (?:audio|video)\//,
  },
  {
    why: 'Only Gemini, and Chat Completions for some types, takes sound.',
    upstreams: ['anthropic-messages', 'openai-responses'],
    holds: /"(?:audio\/|input_audio")/,
    says: /audio/,
  },
  {
    why: 'Only Gemini takes films.',
    upstreams: ['anthropic-messages', 'openai-chat', 'openai-responses'],
    holds: /"video\//,
    says: /video/,
  },
  {
    why: 'Chat Completions runs no code.',
    upstreams: ['openai-chat'],
    holds: /code_?(?:execution|interpreter)/i,
    says: /the tool (?:code_execution_\d+|codeExecution|code_interpreter)/,
  },
  { why: 'Chat Completions knows no MCP.', upstreams: ['openai-chat'], holds: /"mcp/, says: /the tool mcp/ },
  {
    why: 'An OpenAI connector has no address that another vendor could call.',
    upstreams: ['anthropic-messages', 'gemini'],
    holds: /"connector_id"/,
    says: /server_url/,
  },
  {
    why: 'Tools that one vendor alone has.',
    holds: /"(?:file_search|fileSearch|image_generation|advisor_\d+|openrouter:\w+)"/,
    says: /tool (?:of type )?(?:file_search|fileSearch|image_generation|advisor_\d+|openrouter:\w+)/,
  },
  { why: 'Nobody else answers in the background.', holds: /"background":true/, says: /background/ },
  {
    why: 'What a vendor keeps is open to that vendor alone.',
    holds: /"(?:conversation|container|cachedContent)":/,
    says: /(?:not take|not support) (?:conversation|container|cachedContent)/,
  },
])

/** OpenRouter's wishes are ours to fulfil, whoever is asked: a vendor that is wanted alone and is not here cannot answer. */
const isUnfulfilled = ({ body }: Asking, status: number, text: string): boolean =>
  status === 404 && 'provider' in body && /fits `provider`/.test(text)

export function isRefusal(asking: Asking, status: number, text: string): boolean {
  const { body, client, upstream } = asking
  const request = JSON.stringify(body)
  if (isUnfulfilled(asking, status, text)) return true
  const isStored = /previous_response_id/.test(text)
  if (status !== 400 || (client === upstream && !isStored)) return false
  return refusals.has(
    ({ holds, says, upstreams }) => (upstreams?.includes(upstream) ?? true) && holds.test(request) && says.test(text),
  )
}
