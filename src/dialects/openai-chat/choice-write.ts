import type { ChatEvent, Delta } from '../../model/event.ts'
import type { Citation, MediaPart, Part, PartKind, Seal, TokenLogprob, ToolCallPart } from '../../model/part.ts'
import { codePoints, type Place, writeAnnotation } from './annotations.ts'
import { writeLogprobs } from './logprobs.ts'
import { detailFor } from './reasoning-details.ts'
import type { ChatDelta, ChatLogprobs, ExtraContent, ToolCallDelta } from './shapes.ts'

/** One thing to say about a choice: what its message gains, with the log probabilities that belong to it. */
export interface Said {
  readonly delta: ChatDelta
  readonly logprobs?: ChatLogprobs
}

/** Tells the parts of one choice as deltas. Streams send them one by one, whole answers lay them together. */
export interface ChoiceWriter {
  open(index: number, part: Part): Said[]
  delta(index: number, delta: Delta): Said[]
  close(index: number, seal: Seal | undefined): Said[]
  /** What is said behind the last part: where the text's statements come from. */
  end(): Said[]
  readonly callCount: number
  readonly hasRefusal: boolean
}

/** The part that is being told; lawful events tell one at a time. */
interface Open {
  readonly part: Part
  length: number
  points: number
  readonly citations: Citation[]
  /** Index among the message's calls. */
  readonly call: number
}

interface Progress {
  calls: number
  images: number
  points: number
  hasRefusal: boolean
  readonly annotations: unknown[]
  /** A call of the legacy `function_call` kind is told without an index. */
  readonly isLegacy: boolean
}

/** `isLegacy`: the client offered `functions` and waits for a `function_call`. */
export const choiceWriter = ({ isLegacy }: { isLegacy: boolean }): ChoiceWriter => new DeltaWriter(isLegacy)

class DeltaWriter implements ChoiceWriter {
  readonly #open = new Map<number, Open>()
  readonly #progress: Progress

  constructor(isLegacy: boolean) {
    this.#progress = { calls: 0, images: 0, points: 0, hasRefusal: false, annotations: [], isLegacy }
  }

  get callCount(): number {
    return this.#progress.calls
  }

  get hasRefusal(): boolean {
    return this.#progress.hasRefusal
  }

  open(index: number, part: Part): Said[] {
    this.#open.set(index, { part, length: 0, points: 0, citations: [], call: this.#progress.calls })
    return writers[part.kind]?.open?.(part, this.#progress) ?? []
  }

  delta(index: number, delta: Delta): Said[] {
    const told = this.#open.get(index)
    return told ? writeDelta(told, delta, this.#progress) : []
  }

  close(index: number, seal: Seal | undefined): Said[] {
    const told = this.#open.get(index)
    this.#open.delete(index)
    return told ? (writers[told.part.kind]?.close?.(told, seal, this.#progress) ?? []) : []
  }

  end(): Said[] {
    const { annotations } = this.#progress
    return annotations.length > 0 ? [{ delta: { annotations } }] : []
  }
}

interface PartWriter {
  open?(part: Part, progress: Progress): Said[]
  close?(told: Open, seal: Seal | undefined, progress: Progress): Said[]
}

/** What opening and closing a part of each kind says. Kinds that are missing have no form here. */
const writers: Partial<Record<PartKind, PartWriter>> = {
  text: { open: (part) => textSaid('content', part), close: closeText },
  thinking: { open: (part) => textSaid('reasoning_content', part), close: closeThought },
  refusal: {
    open(part, progress) {
      progress.hasRefusal = true
      return textSaid('refusal', part)
    },
  },
  tool_call: {
    open: (part, progress) => (part.kind === 'tool_call' ? openCall(part, progress) : []),
    close: closeCall,
  },
  media: { open: (part, progress) => (part.kind === 'media' ? openMedium(part, progress) : []) },
}

type TextField = 'content' | 'reasoning_content' | 'refusal'

const textSaid = (field: TextField, part: Part): Said[] =>
  'text' in part && part.text ? [{ delta: { [field]: part.text } }] : []

const textFields: Partial<Record<PartKind, TextField>> = {
  text: 'content',
  thinking: 'reasoning_content',
  refusal: 'refusal',
}

function writeDelta(told: Open, delta: Delta, progress: Progress): Said[] {
  switch (delta.kind) {
    case 'text': {
      const field = textFields[told.part.kind]
      if (!field) return []
      told.length += delta.text.length
      if (field === 'content') told.points += codePoints(delta.text)
      return [{ delta: { [field]: delta.text }, ...(delta.logprobs && { logprobs: logprobsOf(delta.logprobs) }) }]
    }
    case 'arguments':
      told.length += delta.text.length
      return told.part.kind === 'tool_call'
        ? [{ delta: moreArguments(told.part, told.call, delta.text, progress) }]
        : []
    case 'citation':
      told.citations.push(delta.citation)
      return []
    case 'audio':
      return [{ delta: { audio: { data: delta.data } } }]
    case 'transcript':
      return [{ delta: { audio: { transcript: delta.text } } }]
  }
}

const logprobsOf = (tokens: readonly TokenLogprob[]): ChatLogprobs => ({
  content: writeLogprobs(tokens),
  refusal: null,
})

function closeText({ part, points, citations }: Open, _seal: Seal | undefined, progress: Progress): Said[] {
  const own = part.kind === 'text' ? (part.citations ?? []) : []
  const place: Place = { base: progress.points, length: points }
  for (const citation of [...own, ...citations]) {
    const annotation = writeAnnotation(citation, place)
    if (annotation) progress.annotations.push(annotation)
  }
  progress.points += points
  return []
}

/** The state that must come back goes behind its thought. */
function closeThought({ part, length }: Open, seal: Seal | undefined): Said[] {
  const kept = seal ?? part.seal
  return kept ? [{ delta: { reasoning_details: [detailFor(kept, length)] } }] : []
}

function openCall(part: ToolCallPart, progress: Progress): Said[] {
  const index = progress.calls++
  if (progress.isLegacy) return [{ delta: { function_call: { name: part.name, arguments: part.arguments } } }]
  const call: ToolCallDelta =
    part.tool.flavor === 'custom'
      ? { index, id: part.id, type: 'custom', custom: { name: part.name, input: part.arguments } }
      : { index, id: part.id, type: 'function', function: { name: part.name, arguments: part.arguments } }
  return [{ delta: { tool_calls: [{ ...call, ...(part.seal && { extra_content: extra(part.seal) }) }] } }]
}

const extra = (seal: Seal): ExtraContent => ({ google: { thought_signature: seal.data } })

/** Id, type and name were said once: clients join what is repeated. */
function moreArguments(part: ToolCallPart, index: number, text: string, { isLegacy }: Progress): ChatDelta {
  if (isLegacy) return { function_call: { arguments: text } }
  return part.tool.flavor === 'custom'
    ? { tool_calls: [{ index, custom: { input: text } }] }
    : { tool_calls: [{ index, function: { arguments: text } }] }
}

function closeCall({ part, length, call }: Open, seal: Seal | undefined, progress: Progress): Said[] {
  if (part.kind !== 'tool_call') return []
  const said: Said[] = []
  if (length === 0 && part.arguments === '' && part.tool.flavor !== 'custom')
    said.push({ delta: moreArguments(part, call, '{}', progress) })
  if (seal && seal.data !== part.seal?.data && !progress.isLegacy)
    said.push({ delta: { tool_calls: [{ index: call, extra_content: extra(seal) }] } })
  return said
}

/** Spoken answers outlive their id by an hour at their maker; we have no clock here and promise nothing. */
function openMedium(part: MediaPart, progress: Progress): Said[] {
  const url = urlOf(part)
  if (part.media === 'image')
    return url === undefined
      ? []
      : [{ delta: { images: [{ type: 'image_url', image_url: { url }, index: progress.images++ }] } }]
  if (part.media !== 'audio') return url === undefined ? [] : [{ delta: { content: url } }]
  const data = part.source.kind === 'base64' && part.source.data !== '' ? part.source.data : undefined
  return [
    {
      delta: {
        audio: {
          ...(part.audioId !== undefined && { id: part.audioId }),
          ...(data !== undefined && { data }),
          ...(part.transcript !== undefined && { transcript: part.transcript }),
        },
      },
    },
  ]
}

function urlOf({ source, mime }: MediaPart): string | undefined {
  if (source.kind === 'url') return source.url
  return source.kind === 'base64' ? `data:${mime ?? 'image/png'};base64,${source.data}` : undefined
}

/** The events that tell parts, as what they say about a choice. */
export function sayPart(writer: ChoiceWriter, event: Extract<ChatEvent, { type: 'open' | 'delta' | 'close' }>): Said[] {
  switch (event.type) {
    case 'open':
      return writer.open(event.index, event.part)
    case 'delta':
      return writer.delta(event.index, event.delta)
    case 'close':
      return writer.close(event.index, event.seal)
  }
}
