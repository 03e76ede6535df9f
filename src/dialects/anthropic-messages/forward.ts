import { fault, ok, type Result, refuse } from '../../model/fault.ts'
import { changed, dropped, forgotten } from '../../model/loss.ts'
import { isRecord } from '../../wire/json.ts'
import type { ForwardEdits, Forwarding, IncomingRequest, Peek, Seen, Target } from '../dialect.ts'
import { outputLimit } from '../output-limit.ts'
import { readErrorBody } from './fault.ts'
import { editForModel } from './forward-model.ts'
import { hasLostThoughts, isEnveloped } from './loop-thoughts.ts'
import { defaultMaxTokens } from './options-write.ts'
import { Patch } from './patch.ts'
import { withDefaults } from './quirks.ts'
import { isForeignTrace } from './server-read.ts'
import { texts } from './texts.ts'
import { asksThread, threadFault } from './thread.ts'
import { toldBy } from './usage.ts'
import { watcher } from './watcher.ts'

type Body = Readonly<Record<string, unknown>>

/** Same format on both sides: the client's bytes go out but for the edits below. */
export const forwarding: Forwarding = {
  peek,
  edits(incoming, target) {
    const patch = new Patch()
    patch.set(['model'], target.model)
    editFields(incoming.body, target, patch)
    editForModel(incoming.body, target, patch)
    editHistory(incoming.body, patch)
    const { betas, threads } = withDefaults(target.quirks)
    return {
      edits: patch.edits,
      lost: patch.lost,
      hideUsageChunk: false,
      ...(!betas && { withoutHeaders: ['anthropic-beta'] }),
      ...(!threads && asksThread(incoming.body) && { fault: threadFault }),
    } satisfies ForwardEdits
  },
  replyModel: ['model'],
  frameModel: [['message', 'model']],
  readReply,
  watcher,
  texts,
}

function peek({ body }: IncomingRequest): Result<Peek> {
  const { model, stream } = body
  if (typeof model !== 'string' || model === '')
    return refuse(fault('invalid', 'model: is required', { param: 'model' }))
  const maxOutput = outputLimit(body.max_tokens, body.max_completion_tokens)
  return ok({
    model,
    stream: stream === true ? 'sse' : false,
    ...(maxOutput !== undefined && { maxOutput }),
  })
}

function readReply(body: unknown): Seen {
  if (!isRecord(body)) return { hasContent: false, hasEnded: false, fault: fault('bad_gateway', 'no JSON object') }
  if (body.type === 'error') return { hasContent: false, hasEnded: true, fault: readErrorBody(body) }
  if (!Array.isArray(body.content))
    return { hasContent: false, hasEnded: false, fault: fault('bad_gateway', "the upstream's answer is not a message") }
  return { ...toldBy(body.usage), hasContent: true, hasEnded: true }
}

// ---------------------------------------------------------------- fields that the vendor is known to refuse

/** The fields of our documented clients that the vendor answers with 400; all others are left to it. */
function editFields(body: Body, target: Target, patch: Patch): void {
  const quirks = withDefaults(target.quirks)
  for (const [field, edit] of Object.entries(fieldEdits))
    if (field in body) {
      patch.remove([field])
      edit(body[field], body, patch)
    }
  for (const field of quirks.drop)
    if (field in body) {
      patch.remove([field])
      patch.lose(dropped(field))
    }
  editToolChoice(body.tool_choice, patch)
  if (Array.isArray(body.tools)) editTools(body.tools, patch)
  if (typeof body.max_tokens !== 'number' && isAbsent(body.max_tokens)) setMaxTokens(body, target, patch)
}

type FieldEdit = (value: unknown, body: Body, patch: Patch) => void

const isAbsent = (value: unknown): boolean => value === undefined || value === null

/** Taken out; told unless the value means nothing. */
const drop =
  (field: string, ...meaningless: readonly unknown[]): FieldEdit =>
  (value, _body, patch) => {
    const isEmpty = isAbsent(value) || (isRecord(value) && Object.keys(value).length === 0)
    if (!isEmpty && !meaningless.includes(value)) patch.lose(dropped(field))
  }

const fieldEdits: Readonly<Record<string, FieldEdit>> = {
  temperaure: drop('temperaure'),
  n: drop('n', 1),
  presence_penalty: drop('presence_penalty', 0),
  frequency_penalty: drop('frequency_penalty', 0),
  logit_bias: drop('logit_bias'),
  seed: drop('seed'),
  seen: drop('seen'),
  max_completion_tokens: () => undefined,
  stop(value, body, patch) {
    const stops = (Array.isArray(value) ? value : [value]).filter((stop) => typeof stop === 'string')
    if (stops.length > 0 && isAbsent(body.stop_sequences)) patch.set(['stop_sequences'], stops)
  },
  user(value, body, patch) {
    const metadata = isRecord(body.metadata) ? body.metadata : {}
    if (typeof value === 'string' && isAbsent(metadata.user_id))
      patch.set(['metadata'], { ...metadata, user_id: value })
  },
  response_format(value, body, patch) {
    const config = isRecord(body.output_config) ? body.output_config : {}
    const schema = isRecord(value) && isRecord(value.json_schema) ? value.json_schema.schema : undefined
    if (isRecord(schema) && isAbsent(config.format))
      patch.set(['output_config'], { ...config, format: { type: 'json_schema', schema } })
    else if (isRecord(value) && value.type !== 'text') patch.lose(dropped('response_format'))
  },
}

/** Documented clients list tools by bare names, or in OpenAI's shape. */
function editTools(tools: readonly unknown[], patch: Patch): void {
  for (const [at, tool] of tools.entries()) {
    const converted = isRecord(tool) ? fromOpenai(tool) : undefined
    if (converted) patch.set(['tools', at], converted)
  }
  const strays = tools.flatMap((tool, at) => (isRecord(tool) ? [] : [at]))
  if (strays.length > 0 && strays.length === tools.length) patch.remove(['tools'])
  else for (const at of strays) patch.remove(['tools', at])
  for (const at of strays) patch.lose(dropped(`tools[${at}]`))
}

function fromOpenai({ type, function: declared }: Readonly<Record<string, unknown>>): Body | undefined {
  if (type !== 'function' || !isRecord(declared)) return undefined
  const { description, name, parameters } = declared
  return {
    name,
    ...(!isAbsent(description) && { description }),
    input_schema: isRecord(parameters) ? parameters : { type: 'object' },
  }
}

const choiceWords: Readonly<Record<string, string>> = { auto: 'auto', none: 'none', required: 'any' }

/** Nothing chosen is said by leaving it out; OpenAI's spellings are turned into the vendor's. */
function editToolChoice(choice: unknown, patch: Patch): void {
  if (typeof choice === 'string' && Object.hasOwn(choiceWords, choice))
    patch.set(['tool_choice'], { type: choiceWords[choice] })
  if (!isRecord(choice)) return
  if (Object.keys(choice).length === 0) patch.remove(['tool_choice'])
  if (choice.type === 'function' && isRecord(choice.function))
    patch.set(['tool_choice'], { type: 'tool', name: choice.function.name })
}

function setMaxTokens(body: Body, { capabilities, quirks }: Target, patch: Patch): void {
  const cap = capabilities.maxOutput ?? Number.MAX_SAFE_INTEGER
  const thinking = isRecord(body.thinking) ? body.thinking : {}
  const thinks = typeof thinking.type === 'string' && thinking.type !== 'disabled'
  const budget = typeof thinking.budget_tokens === 'number' ? thinking.budget_tokens : 0
  const wanted = typeof body.max_completion_tokens === 'number' ? body.max_completion_tokens : undefined
  patch.set(['max_tokens'], Math.min(cap, wanted ?? defaultMaxTokens(withDefaults(quirks), thinks, budget)))
}

// ---------------------------------------------------------------- what we told on behalf of other vendors

/** Takes out traces of other vendors' tools, thoughts in our envelopes, and citations without the vendor's own index. */
function editHistory(body: Body, patch: Patch): void {
  if (!Array.isArray(body.messages)) return
  for (const [at, message] of body.messages.entries()) {
    if (!isRecord(message) || message.role !== 'assistant' || !Array.isArray(message.content)) continue
    editContent(message.content, ['messages', at], patch)
  }
  if (isRecord(body.thinking) && body.thinking.type === 'enabled' && hasLostThoughts(body.messages)) {
    patch.set(['thinking'], { type: 'disabled' })
    patch.lose(changed('thinking'))
  }
}

function editContent(content: readonly unknown[], path: readonly (string | number)[], patch: Patch): void {
  const ours = content.flatMap((block, at) => (isRecord(block) && isOurs(block) ? [at] : []))
  if (content.some((block) => isRecord(block) && isEnveloped(block))) patch.lose(forgotten('thinking'))
  // A message must have content; the vendor merges its neighbours by itself.
  if (ours.length > 0 && ours.length === content.length) {
    patch.remove(path)
    return
  }
  for (const at of ours) patch.remove([...path, 'content', at])
  for (const [at, block] of content.entries())
    if (isRecord(block) && Array.isArray(block.citations))
      editCitations(block.citations, [...path, 'content', at], patch)
}

const isOurs = (block: Body): boolean => isForeignTrace(block) || isEnveloped(block)

function editCitations(citations: readonly unknown[], path: readonly (string | number)[], patch: Patch): void {
  const strays = citations.flatMap((citation, at) =>
    isRecord(citation) && citation.type === 'web_search_result_location' && !citation.encrypted_index ? [at] : [],
  )
  if (strays.length > 0 && strays.length === citations.length) patch.remove([...path, 'citations'])
  else for (const at of strays) patch.remove([...path, 'citations', at])
}
