import { isEnvelope } from '../../model/envelope.ts'
import { fault, ok, type Result, refuse } from '../../model/fault.ts'
import { forgotten } from '../../model/loss.ts'
import { toldOf } from '../../model/usage.ts'
import { isRecord } from '../../wire/json.ts'
import type { Edit, JsonPath } from '../../wire/splice.ts'
import type { ForwardEdits, Forwarding, IncomingRequest, Peek, Seen, Target } from '../dialect.ts'
import { outputLimit } from '../output-limit.ts'
import { memberOf, readMessage, readNumber, readText } from './proto.ts'
import { repeatedResults } from './repeated.ts'
import { bareModel } from './request-read.ts'
import { standIn } from './shapes.ts'
import { texts } from './texts.ts'
import { readUsage } from './usage.ts'
import { viewOf, watcher } from './watcher.ts'

/** The model stands in the path, so a body goes up as it came but for envelopes of ours. */
export const forwarding: Forwarding = {
  peek,
  edits,
  replyModel: ['modelVersion'],
  frameModel: [['modelVersion']],
  readReply,
  watcher,
  texts,
}

function peek({ body, path }: IncomingRequest): Result<Peek> {
  const model = path?.model ?? readText(body.model) ?? ''
  if (model === '') return refuse(fault('invalid', 'model is not specified.', { param: 'model' }))
  const maxOutput = outputLimit(readNumber(memberOf(readMessage(body) ?? {}, 'generationConfig').maxOutputTokens))
  return ok({ model: bareModel(model), stream: path?.stream ?? false, ...(maxOutput !== undefined && { maxOutput }) })
}

function edits({ body }: IncomingRequest, target: Target): ForwardEdits {
  const signatures = [...foreignSignatures(body, target)]
  return {
    edits: [
      ...(body.model === undefined ? [] : [{ path: ['model'], value: modelAs(body.model, target.model) }]),
      ...signatures,
      ...repetitions(body),
    ],
    lost: signatures.length > 0 ? [forgotten('thought_signature')] : [],
    hideUsageChunk: false,
  }
}

/** In the spelling that the client used. */
const modelAs = (spelled: unknown, model: string): string =>
  typeof spelled === 'string' && spelled.startsWith('models/') ? `models/${model}` : model

/**
 * State of another vendor's that came to the client through us must not go up. Models that want their calls signed get
 * their own word for a call of another's, the others nothing.
 */
function* foreignSignatures(body: IncomingRequest['body'], target: Target): Generator<Edit> {
  for (const [path, content] of each(body.contents, ['contents']))
    for (const [partPath, part] of isRecord(content) ? each(content.parts, [...path, 'parts']) : [])
      for (const [key, value] of Object.entries(isRecord(part) ? part : {}))
        if (signatureKeys.has(key) && typeof value === 'string' && isEnvelope(value))
          yield { path: [...partPath, key], ...(target.capabilities.signsCalls && isCall(part) && { value: standIn }) }
}

/** Later edits see what the earlier ones left, but places count what was there first. */
function* repetitions(body: IncomingRequest['body']): Generator<Edit> {
  for (const [path, content] of each(body.contents, ['contents'])) {
    const parts = isRecord(content) ? content.parts : undefined
    if (Array.isArray(parts)) for (const at of repeatedResults(parts)) yield { path: [...path, 'parts', at] }
  }
}

const signatureKeys = new Set(['thoughtSignature', 'thought_signature'])

const isCall = (part: unknown): boolean => readMessage(part)?.functionCall !== undefined

/** The elements of a list with their paths; a single object stands for itself. */
function* each(value: unknown, path: JsonPath): Generator<[JsonPath, unknown]> {
  if (!Array.isArray(value)) yield [path, value]
  else for (const [at, item] of value.entries()) yield [[...path, at], item]
}

function readReply(body: unknown): Seen {
  const view = viewOf(body)
  const usage = view.usage && toldOf(readUsage(view.usage, view.searches))
  return {
    ...(usage && { usage }),
    ...(view.tier && { tier: view.tier }),
    hasContent: view.hasContent,
    hasEnded: view.hasEnded,
    ...(view.fault && { fault: view.fault }),
  }
}
