import type { ChatEvent } from './event.ts'
import type { Fault } from './fault.ts'
import type { Part, Seal } from './part.ts'
import type { Tier } from './request.ts'
import { noUsage, type Usage } from './usage.ts'

/** One answer, whole. */
export interface Reply {
  readonly id?: string
  /** The upstream's name of the model that answered. */
  readonly model?: string
  readonly parts: readonly Part[]
  readonly stop: Stop
  /** Second and further answers, where several were asked for. */
  readonly others?: readonly Choice[]
  readonly usage: Usage
  /** What the vendor says that it bills for it, in its currency. */
  readonly billed?: number
  /** The tier that served. */
  readonly tier?: Tier
}

export interface Choice {
  readonly parts: readonly Part[]
  readonly stop: Stop
}

/** Why the model stopped. */
export interface Stop {
  readonly reason: StopReason
  /** The stop string that was met. */
  readonly sequence?: string
  /** Anthropic's category and explanation of a refusal. */
  readonly category?: string
  readonly explanation?: string
  /** The upstream's own word, for formats that pass it on (Gemini `finishReason`). */
  readonly native?: string
}

/**
 * `filtered`: cut by a filter; `refusal`: the model would not; `pause`: the vendor wants the turn sent back to go on;
 * `continuation`: Gemini 4's long answers; `malformed_call`: the model's tool call did not parse.
 */
export type StopReason =
  | 'end'
  | 'length'
  | 'context_window'
  | 'stop_sequence'
  | 'tool_calls'
  | 'pause'
  | 'refusal'
  | 'filtered'
  | 'malformed_call'
  | 'continuation'
  | 'compaction'

/**
 * What a folded stream came to: the reply, or the fault that it ended in with what had arrived by then.
 * A stream without `stop` or `fault` is a bug of its reader.
 */
export type Folded =
  | { readonly ok: true; readonly reply: Reply }
  | { readonly ok: false; readonly fault: Fault; readonly parts: readonly Part[] }

/** Folds a complete, lawful series of events into the reply. `fold(tell(reply))` is the reply again. */
export function fold(events: Iterable<ChatEvent>): Folded {
  const folding = folder()
  for (const event of events) folding.push(event)
  return folding.result()
}

export interface Folder {
  push(event: ChatEvent): void
  /** @throws Error when neither `stop` nor `fault` was seen: the reader broke the law. */
  result(): Folded
}

interface Drawer {
  part: Part
  choice: number
  /** Pieces are joined once, at the end: a long answer would otherwise be copied again and again. */
  pieces: string[]
  transcript: string[]
}

/** Folds events as they come; memory is that of the reply. */
export function folder(): Folder {
  const drawers: Drawer[] = []
  let head: { id?: string; model?: string } = {}
  let usage: Usage = noUsage
  let billed: number | undefined
  let end: Extract<ChatEvent, { type: 'stop' | 'fault' }> | undefined
  return {
    push(event) {
      switch (event.type) {
        case 'start':
          head = {
            ...(event.id !== undefined && { id: event.id }),
            ...(event.model !== undefined && { model: event.model }),
          }
          if (event.usage) usage = event.usage
          break
        case 'open':
          drawers[event.index] = { part: event.part, choice: event.choice ?? 0, pieces: [], transcript: [] }
          break
        case 'delta':
        case 'close': {
          const drawer = drawers[event.index]
          if (!drawer) throw new Error(`${event.type} of part ${event.index}, which was never opened`)
          if (event.type === 'delta') addDelta(drawer, event.delta)
          else drawer.part = finished(drawer, event.seal)
          break
        }
        case 'usage':
          usage = event.usage
          billed = event.billed
          break
        case 'stop':
        case 'fault':
          end = event
      }
    },
    result() {
      if (!end) throw new Error('a stream of events ended with neither stop nor fault')
      const partsOf = (choice: number): Part[] =>
        drawers.filter((drawer) => drawer.choice === choice).map((drawer) => drawer.part)
      if (end.type === 'fault') return { ok: false, fault: end.fault, parts: partsOf(0) }
      const others = end.others?.map((stop, at) => ({ parts: partsOf(at + 1), stop }))
      return {
        ok: true,
        reply: {
          ...head,
          parts: partsOf(0),
          stop: end.stop,
          ...(others && { others }),
          usage,
          ...(billed !== undefined && { billed }),
          ...(end.tier && { tier: end.tier }),
        },
      }
    },
  }
}

type DeltaOf = Extract<ChatEvent, { type: 'delta' }>['delta']

function addDelta(drawer: Drawer, delta: DeltaOf): void {
  if (delta.kind === 'transcript') drawer.transcript.push(delta.text)
  else if (delta.kind === 'audio') drawer.pieces.push(delta.data)
  else if (delta.kind === 'citation') {
    if (drawer.part.kind === 'text')
      drawer.part = { ...drawer.part, citations: [...(drawer.part.citations ?? []), delta.citation] }
  } else {
    drawer.pieces.push(delta.text)
    if (delta.kind === 'text' && delta.logprobs && drawer.part.kind === 'text')
      drawer.part = { ...drawer.part, logprobs: [...(drawer.part.logprobs ?? []), ...delta.logprobs] }
  }
}

function finished({ part, pieces, transcript }: Drawer, seal: Seal | undefined): Part {
  const whole = withPieces(part, pieces.join(''), transcript.join(''))
  return seal ? { ...whole, seal } : whole
}

function withPieces(part: Part, text: string, transcript: string): Part {
  switch (part.kind) {
    case 'text':
    case 'refusal':
    case 'thinking':
      return text === '' ? part : { ...part, text: part.text + text }
    case 'tool_call':
    case 'server_call':
      return text === '' ? part : { ...part, arguments: part.arguments + text }
    case 'media':
      return {
        ...part,
        ...(text !== '' && { source: { kind: 'base64', data: joinBase64(part, text) } }),
        ...(transcript !== '' && { transcript: (part.transcript ?? '') + transcript }),
      }
    default:
      return part
  }
}

/** Deltas are base64 of whole bytes; padding in the middle would end a decoder early, so they are joined as bytes. */
function joinBase64(part: Extract<Part, { kind: 'media' }>, text: string): string {
  const before = part.source.kind === 'base64' ? part.source.data : ''
  const joined = before + text
  return /=[^=]/.test(joined)
    ? Buffer.concat(joined.split(/(?<==)(?=[^=])/).map((piece) => Buffer.from(piece, 'base64'))).toString('base64')
    : joined
}

/** Tells a whole reply as events, each part in one delta. */
export function* tell(reply: Reply): Generator<ChatEvent> {
  yield {
    type: 'start',
    ...(reply.id !== undefined && { id: reply.id }),
    ...(reply.model !== undefined && { model: reply.model }),
  }
  let index = 0
  for (const [choice, { parts }] of [reply, ...(reply.others ?? [])].entries())
    for (const part of parts) yield* tellPart(part, index++, choice)
  yield { type: 'usage', usage: reply.usage, ...(reply.billed !== undefined && { billed: reply.billed }) }
  yield {
    type: 'stop',
    stop: reply.stop,
    ...(reply.others && { others: reply.others.map((other) => other.stop) }),
    ...(reply.tier && { tier: reply.tier }),
  }
}

/** One part, told: what a stream would have said bit by bit is emptied from `open` and follows as one delta. */
function* tellPart(part: Part, index: number, choice: number): Generator<ChatEvent> {
  const open = (opened: Part): ChatEvent => ({ type: 'open', index, part: opened, ...(choice > 0 && { choice }) })
  const { seal, ...bare } = part
  switch (bare.kind) {
    case 'text': {
      const { citations, logprobs, ...rest } = bare
      yield open({ ...rest, text: '' })
      if (bare.text !== '' || logprobs)
        yield { type: 'delta', index, delta: { kind: 'text', text: bare.text, ...(logprobs && { logprobs }) } }
      for (const citation of citations ?? []) yield { type: 'delta', index, delta: { kind: 'citation', citation } }
      break
    }
    case 'refusal':
    case 'thinking':
      yield open({ ...bare, text: '' })
      if (bare.text !== '') yield { type: 'delta', index, delta: { kind: 'text', text: bare.text } }
      break
    case 'tool_call':
    case 'server_call':
      // A call's seal is known when it opens: Gemini's calls come whole, and formats without a place for it on
      // the call must tell it before.
      yield open({ ...bare, arguments: '', ...(seal && { seal }) })
      if (bare.arguments !== '') yield { type: 'delta', index, delta: { kind: 'arguments', text: bare.arguments } }
      break
    default:
      yield open(part)
  }
  yield { type: 'close', index, ...(seal && { seal }) }
}
