import { fault, ok, type Result, refuse } from '../../model/fault.ts'
import type { ChatRequest, Identity, Tier } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import type { IncomingRequest } from '../dialect.ts'
import { checkRequest } from './check.ts'
import { readConfig } from './config-read.ts'
import { readContents, readSystem } from './contents-read.ts'
import { type Message, memberOf, readFlag, readMessage, readText, readWord } from './proto.ts'
import { readToolConfig, readTools } from './tools-read.ts'

/** The model and the way of streaming stand in the path; the body says the rest, in camelCase or snake_case. */
export function readRequest({ body, path }: IncomingRequest): Result<ChatRequest> {
  const sent = unwrap(body)
  const wrong = checkRequest(sent)
  if (wrong) return refuse(wrong)
  const message = readMessage(sent) ?? {}
  if (message.contents === undefined || message.contents === null)
    return refuse(fault('invalid', 'contents is not specified.', { param: 'contents' }))
  const model = path?.model ?? readText(message.model) ?? ''
  if (model === '') return refuse(fault('invalid', 'model is not specified.', { param: 'model' }))
  const config = readConfig(memberOf(message, 'generationConfig'))
  const choice = readToolConfig(memberOf(message, 'toolConfig'))
  const contents = readContents(message.contents)
  return ok({
    format: 'gemini',
    model: bareModel(model),
    stream: path?.stream ?? false,
    system: readSystem(message.systemInstruction),
    turns: contents.turns,
    tools: readTools(message.tools),
    ...config,
    ...choice,
    ...readAccount(message),
    native: { ...rest(message), ...config.native, ...choice.native },
    lost: contents.lost,
  })
}

/** `models/x` and `x` are the same. */
export const bareModel = (model: string): string => model.replace(/^models\//, '')

/** A token count may come as the whole request in one member. */
function unwrap(body: Message): Message {
  const inner = body.generateContentRequest ?? body.generate_content_request
  return isRecord(inner) && body.contents === undefined ? inner : body
}

const known = new Set([
  'model',
  'contents',
  'systemInstruction',
  'generationConfig',
  'tools',
  'toolConfig',
  'serviceTier',
  'labels',
  'store',
])

const rest = (message: Message): Message =>
  Object.fromEntries(Object.entries(message).filter(([key, value]) => !known.has(key) && value !== null))

function readAccount(message: Message): Pick<ChatRequest, 'tier' | 'identity' | 'state'> {
  const tier = tiers[readWord(message.serviceTier, 'service_tier_') ?? '']
  const store = readFlag(message.store)
  return {
    identity: readLabels(message.labels),
    ...(tier && { tier }),
    ...(store !== undefined && { state: { store } }),
  }
}

const tiers: Readonly<Record<string, Tier>> = { standard: 'standard', flex: 'flex', priority: 'priority' }

/** Keys and values are the user's: they keep their spelling. */
function readLabels(value: unknown): Identity {
  const labels = Object.entries(value ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return labels.length > 0 ? { metadata: Object.fromEntries(labels) } : {}
}
