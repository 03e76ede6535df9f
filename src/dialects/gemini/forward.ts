import { isEnvelope } from '../../model/envelope.ts'
import { type Fault, fault, ok, type Result, refuse } from '../../model/fault.ts'
import { forgotten } from '../../model/loss.ts'
import type { Usage } from '../../model/usage.ts'
import { isRecord } from '../../wire/json.ts'
import type { Edit, JsonPath } from '../../wire/splice.ts'
import type { ForwardEdits, Forwarding, IncomingRequest, Peek, Seen, Target, Watcher } from '../dialect.ts'
import { errorIn } from './fault.ts'
import { searchesIn } from './grounding-read.ts'
import { type Message, memberOf, readList, readMessage, readNumber, readText } from './proto.ts'
import { bareModel } from './request-read.ts'
import { standIn } from './shapes.ts'
import { hasCounts, readUsage } from './usage.ts'

/** The model stands in the path, so a body goes up as it came but for envelopes of ours. */
export const forwarding: Forwarding = {
  peek,
  edits,
  replyModel: ['modelVersion'],
  frameModel: [['modelVersion']],
  readReply,
  watcher: () => new GeminiWatcher(),
}

function peek({ body, path }: IncomingRequest): Result<Peek> {
  const model = path?.model ?? readText(body.model) ?? ''
  if (model === '') return refuse(fault('invalid', 'model is not specified.', { param: 'model' }))
  const maxOutput = readNumber(memberOf(readMessage(body) ?? {}, 'generationConfig').maxOutputTokens)
  return ok({ model: bareModel(model), stream: path?.stream ?? false, ...(maxOutput !== undefined && { maxOutput }) })
}

function edits({ body }: IncomingRequest, target: Target): ForwardEdits {
  const signatures = [...foreignSignatures(body, target)]
  return {
    edits: [
      ...(body.model === undefined ? [] : [{ path: ['model'], value: modelAs(body.model, target.model) }]),
      ...signatures,
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

const signatureKeys = new Set(['thoughtSignature', 'thought_signature'])

const isCall = (part: unknown): boolean => readMessage(part)?.functionCall !== undefined

/** The elements of a list with their paths; a single object stands for itself. */
function* each(value: unknown, path: JsonPath): Generator<[JsonPath, unknown]> {
  if (!Array.isArray(value)) yield [path, value]
  else for (const [at, item] of value.entries()) yield [[...path, at], item]
}

function readReply(body: unknown): Seen {
  const view = viewOf(body)
  return {
    ...(view.usage && { usage: readUsage(view.usage, view.searches) }),
    hasContent: view.hasContent,
    hasEnded: view.hasEnded,
    ...(view.fault && { fault: view.fault }),
  }
}

/** What one answer object says about how things stand. */
interface View {
  readonly usage: Message | undefined
  readonly searches: number
  readonly hasContent: boolean
  readonly hasEnded: boolean
  readonly fault: Fault | undefined
}

function viewOf(body: unknown): View {
  const message = readMessage(body) ?? {}
  const usage = memberOf(message, 'usageMetadata')
  const candidates = readList(message.candidates)
  return {
    usage: hasCounts(usage) ? usage : undefined,
    searches: candidates.reduce((sum, candidate) => sum + searchesIn(memberOf(candidate, 'groundingMetadata')), 0),
    hasContent: candidates.some((candidate) => readList(memberOf(candidate, 'content').parts).length > 0),
    hasEnded:
      candidates.some((candidate) => readText(candidate.finishReason) !== undefined) ||
      readText(memberOf(message, 'promptFeedback').blockReason) !== undefined,
    fault: errorIn(body),
  }
}

const marks = ['"error"', '"finishReason"', '"blockReason"', '"promptTokenCount"'].map((mark) => Buffer.from(mark))

/**
 * Frames are only searched for the marks; the last one with a count is kept and read when it is asked for, because the
 * count is a running total.
 */
class GeminiWatcher implements Watcher {
  readonly isUsageChunk = false
  #hasContent = false
  #hasEnded = false
  #fault: Fault | undefined
  #searches = 0
  #counted: string | undefined

  see(frame: { readonly data: string; readonly raw: Uint8Array }): void {
    const raw = Buffer.from(frame.raw.buffer, frame.raw.byteOffset, frame.raw.byteLength)
    const [error = false, finish = false, block = false, usage = false] = marks.map((mark) => raw.includes(mark))
    if (error || finish || block) this.#look(parse(frame.data))
    else if (!this.#hasContent && raw.includes('"parts"')) this.#hasContent = true
    if (usage) this.#counted = frame.data
  }

  get seen(): Seen {
    const state = { hasContent: this.#hasContent, hasEnded: this.#hasEnded, ...(this.#fault && { fault: this.#fault }) }
    if (this.#counted === undefined) return state
    const usageOnDemand = (): Usage => this.#usage()
    return {
      ...state,
      get usage() {
        return usageOnDemand()
      },
    }
  }

  #usage(): Usage {
    return readUsage(viewOf(parse(this.#counted ?? '')).usage ?? {}, this.#searches)
  }

  #look(body: unknown): void {
    const view = viewOf(body)
    this.#hasContent ||= view.hasContent
    this.#hasEnded ||= view.hasEnded
    this.#searches = Math.max(this.#searches, view.searches)
    this.#fault ??= view.fault
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
