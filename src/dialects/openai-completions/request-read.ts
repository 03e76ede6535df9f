import { ok, type Result, refuse } from '../../model/fault.ts'
import type { ChatRequest } from '../../model/request.ts'
import type { IncomingRequest } from '../dialect.ts'
import { type Reading, reading, recordOf } from '../openai-chat/reading.ts'
import { readSampling, samplingFields } from '../openai-chat/sampling-read.ts'

/** Fields with a neutral meaning, or whose meaning is to do nothing. */
const known = new Set<string>([
  ...samplingFields,
  'model',
  'prompt',
  'stream',
  'stream_options',
  'max_tokens',
  'user',
  'echo',
  'suffix',
  'best_of',
])

/** One prompt, one user turn. Several prompts, token lists and text to be filled in between have no form in a chat. */
export function readRequest({ body }: IncomingRequest): Result<ChatRequest> {
  const to = reading()
  const model = to.text(body.model, 'model')
  if (!model) to.refuse('model', 'expected the name of a model.')
  const prompt = readPrompt(body.prompt, to)
  const stream = to.flag(body.stream, 'stream') ?? false
  const maxOutput = to.whole(body.max_tokens, 'max_tokens')
  const endUser = to.text(body.user, 'user')
  const echo = to.flag(body.echo, 'echo') ?? false
  const bestOf = to.whole(body.best_of, 'best_of') ?? 1
  if (to.text(body.suffix, 'suffix')) to.lose('suffix')
  if (bestOf > 1) to.lose('best_of')
  const read: ChatRequest = {
    format: 'openai-completions',
    model: model ?? '',
    stream: stream ? 'sse' : false,
    ...(stream && recordOf(body.stream_options).include_usage === true && { includeUsage: true }),
    system: [],
    turns: [{ role: 'user', ...(echo && { native: { echo } }), parts: [{ kind: 'text', text: prompt }] }],
    tools: [],
    ...(maxOutput !== undefined && { maxOutput }),
    sampling: readSampling(chatSampling(body, to), to),
    thinking: { mode: 'default' },
    output: { format: { kind: 'text' } },
    identity: endUser ? { endUser } : {},
    native: Object.fromEntries(Object.entries(body).filter(([field, value]) => !known.has(field) && value !== null)),
    lost: to.lost,
  }
  return to.fault ? refuse(to.fault) : ok(read)
}

function readPrompt(value: unknown, to: Reading): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) to.refuse('prompt', 'expected a string.')
  else if (value.some((one) => typeof one === 'number' || Array.isArray(one)))
    to.refuse('prompt', 'prompts of token numbers are not supported; send the text.')
  else if (value.length !== 1) to.refuse('prompt', 'exactly one prompt is supported in a request.')
  else return to.text(value[0], 'prompt[0]') ?? ''
  return ''
}

/** `logprobs` was a number: how many alternatives to tell beside each token. */
function chatSampling(body: Readonly<Record<string, unknown>>, to: Reading): Record<string, unknown> {
  const most = typeof body.logprobs === 'boolean' ? Number(body.logprobs) : to.whole(body.logprobs, 'logprobs')
  return { ...body, ...(most === undefined ? { logprobs: undefined } : { logprobs: true, top_logprobs: most }) }
}

/** Whether the client wants its prompt back before the answer, and the prompt. */
export function echoed({ turns }: ChatRequest): string {
  const [turn] = turns
  const [part] = turn?.parts ?? []
  return turn?.native?.echo === true && part?.kind === 'text' ? part.text : ''
}
