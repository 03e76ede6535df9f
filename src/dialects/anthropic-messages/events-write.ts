import type { ChatEvent, Delta, OpenEvent, StartEvent, StopEvent } from '../../model/event.ts'
import { type Fault, fault } from '../../model/fault.ts'
import type { Part, Seal } from '../../model/part.ts'
import type { ChatRequest } from '../../model/request.ts'
import { toolInput } from '../../model/tools/arguments.ts'
import { noUsage, totalInput, type Usage, usageOf } from '../../model/usage.ts'
import type { EventWriter, WriteContext } from '../dialect.ts'
import { mediaText, writeBlock } from './blocks-write.ts'
import { writeCitation } from './citations.ts'
import { faultFrame } from './fault.ts'
import { hidesThinking, isCall, messageHead } from './reply.ts'
import type { Block } from './shapes.ts'
import { writeStop } from './stop.ts'
import { writeDeltaUsage, writeUsage } from './usage.ts'

/** One frame. The vendor's SDK ignores frames without an `event:` line. JSON has no line ends, so one line holds it. */
const frame = (type: string, fields: Readonly<Record<string, unknown>> = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`

/** Keeps an idle connection alive. */
export const heartbeat = frame('ping')

/** Writes a lawful series of events as this format's stream: blocks one after another, their indices without a gap. */
export function eventWriter(ask: ChatRequest, context: WriteContext): EventWriter {
  const state: State = {
    ask,
    context,
    nextIndex: 0,
    hasStarted: false,
    hasCall: false,
    usage: undefined,
    isDone: false,
  }
  return {
    push(event) {
      // The table holds for every type the handler of that very type.
      const handle = handlers[event.type] as (event: ChatEvent, state: State) => string
      return state.isDone ? '' : handle(event, state)
    },
  }
}

interface State {
  readonly ask: ChatRequest
  readonly context: WriteContext
  nextIndex: number
  hasStarted: boolean
  hasCall: boolean
  usage: Usage | undefined
  block?: Telling | undefined
  isDone: boolean
}

/** A part that is being told. Its block begins with the first thing to say: an empty one would be refused when it comes back. */
interface Telling {
  readonly part: Part
  /** The block's index, once it has begun. */
  index?: number
  /** What is kept back until the end: arguments that are no object, those of a foreign trace, a picture. */
  held: string
  /** Arguments were passed on as they came. */
  hasBegun?: boolean
  /** A citation was told that ends within this block: what follows belongs to the next. */
  isCited: boolean
}

type Handlers = {
  readonly [Type in ChatEvent['type']]: (event: Extract<ChatEvent, { type: Type }>, state: State) => string
}

const handlers: Handlers = {
  start: (event, state) => begin(state, event),
  open: (event, state) => begin(state) + closeBlock(state) + openBlock(event, state),
  delta: ({ delta }, state) => (state.block ? deltaWriters[delta.kind](delta as never, state.block, state) : ''),
  close: ({ seal }, state) => closeBlock(state, seal),
  usage({ usage }, state) {
    state.usage = usage
    return ''
  },
  stop: (event, state) => begin(state) + closeBlock(state) + end(event, state),
  fault: (event, state) => closeBlock(state) + breakOff(event.fault, state),
}

function begin(state: State, event?: StartEvent): string {
  if (state.hasStarted) return ''
  state.hasStarted = true
  // Clients reckon with the input from here on (context meters, compaction), long before an upstream may tell it.
  const told = event?.usage && totalInput(event.usage) > 0 ? event.usage : undefined
  const usage = told ?? usageOf({ input: state.context.inputEstimate })
  state.usage = usage
  const message = {
    ...messageHead(event?.id, state.ask, state.context),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    container: null,
    usage: { ...writeUsage(usage), output_tokens: 1, output_tokens_details: null },
  }
  return frame('message_start', { message })
}

function end({ stop }: StopEvent, state: State): string {
  if (stop.reason === 'malformed_call') return breakOff(malformedCall, state)
  state.isDone = true
  const delta = { ...writeStop(stop, state.hasCall), container: null }
  return frame('message_delta', { delta, usage: writeDeltaUsage(state.usage ?? noUsage) }) + frame('message_stop')
}

const malformedCall: Fault = fault('internal', "the model's tool call could not be read")

function breakOff(broken: Fault, state: State): string {
  state.isDone = true
  return faultFrame(broken, state.context.requestId)
}

// ---------------------------------------------------------------- blocks

/** Parts that are told bit by bit wait for their first word; the others are whole. */
const waits: ReadonlySet<Part['kind']> = new Set(['text', 'refusal', 'thinking', 'media'])

function openBlock({ part }: OpenEvent, state: State): string {
  const telling: Telling = { part, held: '', isCited: false }
  state.block = telling
  return waits.has(part.kind) ? '' : startBlock(telling, state)
}

/** Begins the block; parts that this format has no place for stay without one. */
function startBlock(telling: Telling, state: State, part: Part = telling.part): string {
  if (telling.index !== undefined) return ''
  const block = writeBlock(part)
  if (!block) return ''
  telling.index = state.nextIndex++
  state.hasCall ||= isCall(block)
  return frame('content_block_start', { index: telling.index, content_block: skeleton(block) })
}

/** A signature is told by a delta of its own, at the end. */
const skeleton = (block: Block): Block => (block.type === 'thinking' ? { ...block, signature: '' } : block)

const say = (telling: Telling, delta: Block): string =>
  telling.index === undefined ? '' : frame('content_block_delta', { index: telling.index, delta })

/** Deltas that hold a text, and where. */
const textFields = {
  text_delta: 'text',
  thinking_delta: 'thinking',
  input_json_delta: 'partial_json',
  signature_delta: 'signature',
} as const

/** Most of a stream, and so written without an object between. */
function sayMore({ index }: Telling, type: keyof typeof textFields, text: string): string {
  if (index === undefined) return ''
  const delta = `{"type":"${type}","${textFields[type]}":${JSON.stringify(text)}}`
  return `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":${delta}}\n\n`
}

function closeBlock(state: State, seal?: Seal): string {
  const telling = state.block
  if (!telling) return ''
  state.block = undefined
  const sealed = seal ?? telling.part.seal
  const last = writeLast(telling, sealed, state)
  return last + (telling.index === undefined ? '' : frame('content_block_stop', { index: telling.index }))
}

/** What is only known, or only legal, at the end of a block. */
function writeLast(telling: Telling, seal: Seal | undefined, state: State): string {
  const { part, held } = telling
  switch (part.kind) {
    case 'thinking': {
      if (!seal) return ''
      const started = startBlock(telling, state, { ...part, seal })
      return part.form === 'redacted' ? started : started + sayMore(telling, 'signature_delta', seal.data)
    }
    case 'tool_call':
    case 'server_call':
      return held === '' ? '' : sayMore(telling, 'input_json_delta', wholeInput(part, held))
    case 'media':
      return writeMedia(telling, state)
    default:
      return ''
  }
}

/** Held arguments as an object, in the words of this format where it is a foreign trace. */
function wholeInput(part: Extract<Part, { kind: 'tool_call' | 'server_call' }>, held: string): string {
  const block = writeBlock({ ...part, arguments: held })
  return JSON.stringify(block?.input ?? toolInput(held))
}

function writeMedia(telling: Telling, state: State): string {
  if (telling.part.kind !== 'media') return ''
  const { held, part } = telling
  const text = mediaText(held === '' ? part : { ...part, transcript: held })
  const started = startBlock(telling, state, { kind: 'text', text: '' })
  return started + sayMore(telling, 'text_delta', text)
}

// ---------------------------------------------------------------- deltas

type DeltaWriters = {
  readonly [Kind in Delta['kind']]: (delta: Extract<Delta, { kind: Kind }>, telling: Telling, state: State) => string
}

const deltaWriters: DeltaWriters = {
  text({ text }, telling, state) {
    if (text === '') return ''
    if (telling.part.kind !== 'thinking') return sayText(text, telling, state)
    if (hidesThinking(state.ask)) return ''
    return startBlock(telling, state) + sayMore(telling, 'thinking_delta', text)
  },
  arguments: ({ text }, telling) => sayArguments(text, telling),
  citation({ citation }, telling, state) {
    const written = writeCitation(citation)
    if (!written) return ''
    telling.isCited ||= citation.kind === 'url' && citation.end !== undefined
    return startBlock(telling, state) + say(telling, { type: 'citations_delta', citation: written })
  },
  // There are no spoken answers here; what was said is told as text.
  audio: () => '',
  transcript({ text }, telling) {
    telling.held += text
    return ''
  },
}

/** Text behind a citation that has ended goes into a block of its own: a citation stands for its whole block. */
function sayText(text: string, telling: Telling, state: State): string {
  if (!telling.isCited || telling.index === undefined)
    return startBlock(telling, state) + sayMore(telling, 'text_delta', text)
  const closed = frame('content_block_stop', { index: telling.index })
  const next: Telling = { part: telling.part, held: '', isCited: false }
  state.block = next
  return closed + startBlock(next, state) + sayMore(next, 'text_delta', text)
}

/** SDKs parse the input at the end of the block and want an object: anything else is kept back and wrapped. */
function sayArguments(text: string, telling: Telling): string {
  if (text === '') return ''
  const { part } = telling
  const isForeignTrace = part.kind === 'server_call' && part.native?.dialect !== 'anthropic-messages'
  const isCustom = part.kind === 'tool_call' && part.tool.flavor === 'custom'
  const begins = !telling.hasBegun && telling.held === ''
  if (isForeignTrace || isCustom || telling.held !== '' || (begins && !/^\s*\{/.test(text))) {
    telling.held += text
    return ''
  }
  telling.hasBegun = true
  return sayMore(telling, 'input_json_delta', text)
}
