import type { UpstreamFrame } from '../dialects/dialect.ts'

/** What Bedrock's exceptions in a stream are called by Anthropic. */
const errorTypes: Readonly<Record<string, string>> = {
  throttlingException: 'rate_limit_error',
  serviceQuotaExceededException: 'rate_limit_error',
  serviceUnavailableException: 'overloaded_error',
  modelTimeoutException: 'timeout_error',
  validationException: 'invalid_request_error',
  accessDeniedException: 'permission_error',
  resourceNotFoundException: 'not_found_error',
}

/**
 * Anthropic's stream inside InvokeModelWithResponseStream: each `chunk` holds the base64 of one event's JSON; exceptions become
 * Anthropic's `error` event. Undefined: a frame of AWS's own that says nothing.
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html
 */
export function unwrapChunk({ event, data }: UpstreamFrame): UpstreamFrame | undefined {
  const payload = objectOf(data)
  if (event === 'chunk' && typeof payload.bytes === 'string') {
    const inner = Buffer.from(payload.bytes, 'base64').toString()
    const { type } = objectOf(inner)
    return { event: typeof type === 'string' ? type : undefined, data: inner }
  }
  if (event === undefined || !/exception|error/i.test(event)) return undefined
  const message = typeof payload.message === 'string' ? payload.message : 'The model stream failed.'
  return {
    event: 'error',
    data: JSON.stringify({ type: 'error', error: { type: errorTypes[event] ?? 'api_error', message } }),
  }
}

/** The object that a text is, else an empty one: garbage in a stream is its reader's to judge. */
function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
