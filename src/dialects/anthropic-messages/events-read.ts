import type { ChatEvent, Delta } from '../../model/event.ts'
import { type Fault, fault } from '../../model/fault.ts'
import type { Part, Seal } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import { readBilled } from '../billed.ts'
import type { EventReader, UpstreamFrame } from '../dialect.ts'
import { readCitation } from './citations.ts'
import { readErrorBody } from './fault.ts'
import { Findings } from './findings.ts'
import { readBlock } from './parts-read.ts'
import { garbled, replyReading } from './reply.ts'
import { readStop } from './stop.ts'
import { overlayUsage, readTier, readUsage } from './usage.ts'

type Payload = Readonly<Record<string, unknown>>

/** Reads the vendor's stream. Every frame says in `type` what it is; unknown ones mean nothing. */
export function eventReader(): EventReader {
  const state: State = {
    blocks: new Map(),
    nextIndex: 0,
    usage: {},
    stop: {},
    hasCall: false,
    hasStarted: false,
    isDone: false,
  }
  return {
    push(frame) {
      // Proxies put comments between, which have no data.
      if (state.isDone || frame.data === '') return []
      const payload = parseFrame(frame)
      if (!payload) return fail(state, garbled('a frame of the stream is not JSON'))
      const type = typeof payload.type === 'string' ? payload.type : (frame.event ?? '')
      const handle = Object.hasOwn(handlers, type) ? handlers[type] : undefined
      return handle ? handle(payload, state) : []
    },
    end: () => (state.isDone ? [] : [...toldAtLast(state), ...brokenOff(state)]),
  }
}

/** A content block that is being told. */
interface OpenBlock {
  part: Part
  /** Its place among the parts; undefined while a block is held back until it is whole. */
  index: number | undefined
  seal: Seal | undefined
  /** What a call was said to be asked in its first frame, for servers that send no deltas of it. */
  input: string
}

interface State {
  readonly blocks: Map<unknown, OpenBlock>
  nextIndex: number
  usage: Record<string, unknown>
  /** The stop fields told so far. */
  stop: Record<string, unknown>
  hasCall: boolean
  hasStarted: boolean
  isDone: boolean
}

const brokenOff = (state: State): ChatEvent[] => fail(state, fault('bad_gateway', "the upstream's answer broke off"))

/** What comes with the stop reason is the whole usage, though the end itself is missing. */
const toldAtLast = ({ stop, usage }: State): ChatEvent[] =>
  typeof stop.stop_reason === 'string' ? [{ type: 'usage', usage: readUsage(usage) }] : []

function parseFrame({ data }: UpstreamFrame): Payload | undefined {
  try {
    const payload: unknown = JSON.parse(data)
    return isRecord(payload) ? payload : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function fail(state: State, failed: Fault): ChatEvent[] {
  state.isDone = true
  return [{ type: 'fault', fault: failed }]
}

const handlers: Readonly<Record<string, (payload: Payload, state: State) => ChatEvent[]>> = {
  message_start(payload, state) {
    const message = isRecord(payload.message) ? payload.message : {}
    if (state.hasStarted) return fail(state, garbled('it begins twice'))
    state.hasStarted = true
    state.usage = overlayUsage({}, message.usage)
    const tier = readTier(message.usage)
    return [
      {
        type: 'start',
        ...(typeof message.id === 'string' && { id: message.id }),
        ...(typeof message.model === 'string' && { model: message.model }),
        usage: readUsage(state.usage),
        ...(tier && { tier }),
      },
      ...begun(message.content, state),
    ]
  },
  content_block_start(payload, state) {
    const found = new Findings()
    const part = readBlock(payload.content_block, 'content_block', replyReading(found))
    if (found.fault) return fail(state, garbled(found.fault.message))
    return part ? [...start(state), ...open(part, payload.index, state)] : []
  },
  content_block_delta(payload, state) {
    const block = state.blocks.get(payload.index)
    const delta = isRecord(payload.delta) ? payload.delta : {}
    if (!block) return fail(state, garbled('a delta of a block that was not begun'))
    const read = typeof delta.type === 'string' && Object.hasOwn(deltas, delta.type) ? deltas[delta.type] : undefined
    const told = read?.(delta, block)
    return told && block.index !== undefined ? [{ type: 'delta', index: block.index, delta: told }] : []
  },
  content_block_stop: (payload, state) => close(payload.index, state),
  message_delta(payload, state) {
    const delta = isRecord(payload.delta) ? payload.delta : {}
    state.stop = { ...state.stop, ...delta }
    state.usage = overlayUsage(state.usage, payload.usage)
    return []
  },
  message_stop(_payload, state) {
    const events = [...start(state), ...[...state.blocks.keys()].flatMap((key) => close(key, state))]
    const tier = readTier(state.usage)
    const billed = readBilled(state.usage)
    state.isDone = true
    return [
      ...events,
      { type: 'usage', usage: readUsage(state.usage), ...(billed !== undefined && { billed }) },
      { type: 'stop', stop: readStop(state.stop, state.hasCall), ...(tier && { tier }) },
    ]
  },
  error: (payload, state) => fail(state, readErrorBody(payload)),
}

/** Blocks that stand in `message_start` already, whole: calls of a program that goes on where it was interrupted. */
function begun(content: unknown, state: State): ChatEvent[] {
  const found = new Findings()
  const parts = Array.isArray(content)
    ? content.map((block, at) => readBlock(block, `content[${at}]`, replyReading(found)))
    : []
  if (found.fault) return fail(state, garbled(found.fault.message))
  return parts.flatMap((part, at) => (part ? [...open(part, at, state), ...close(at, state)] : []))
}

/** Servers that leave out `message_start` are read all the same. */
function start(state: State): ChatEvent[] {
  if (state.hasStarted) return []
  state.hasStarted = true
  return [{ type: 'start' }]
}

/** Opens a part. Texts are emptied first, so that all of it is told as deltas; a compaction is held until it is whole. */
function open(part: Part, key: unknown, state: State): ChatEvent[] {
  const earlier = state.blocks.has(key) ? close(key, state) : []
  const { opened, said, input } = emptied(part)
  const block: OpenBlock = { part: opened, index: undefined, seal: part.seal, input }
  state.blocks.set(key, block)
  state.hasCall ||= part.kind === 'tool_call'
  if (part.kind === 'compaction') return earlier
  const index = state.nextIndex++
  block.index = index
  const told = said.map((delta): ChatEvent => ({ type: 'delta', index, delta }))
  return [...earlier, { type: 'open', index, part: opened }, ...told]
}

interface Emptied {
  readonly opened: Part
  readonly said: readonly Delta[]
  readonly input: string
}

function emptied(part: Part): Emptied {
  switch (part.kind) {
    case 'text': {
      const { citations = [], ...rest } = part
      const cited = citations.map((citation): Delta => ({ kind: 'citation', citation }))
      return { opened: { ...rest, text: '' }, said: [...cited, ...saidText(part.text)], input: '' }
    }
    case 'thinking': {
      const { seal, ...rest } = part
      // A redacted thought is nothing but its seal; a signature is told at the end.
      return { opened: part.form === 'redacted' ? part : { ...rest, text: '' }, said: saidText(part.text), input: '' }
    }
    case 'tool_call':
    case 'server_call':
      return { opened: { ...part, arguments: '' }, said: [], input: part.arguments === '{}' ? '' : part.arguments }
    default:
      return { opened: part, said: [], input: '' }
  }
}

const saidText = (text: string): readonly Delta[] => (text === '' ? [] : [{ kind: 'text', text }])

type DeltaReader = (delta: Payload, block: OpenBlock) => Delta | undefined

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const textDelta = (value: unknown): Delta | undefined =>
  textOf(value) === '' ? undefined : { kind: 'text', text: textOf(value) }

const deltas: Readonly<Record<string, DeltaReader>> = {
  text_delta: (delta) => textDelta(delta.text),
  thinking_delta: (delta) => textDelta(delta.thinking),
  input_json_delta(delta, block) {
    const text = textOf(delta.partial_json)
    if (text === '') return undefined
    block.input = ''
    return { kind: 'arguments', text }
  },
  signature_delta(delta, block) {
    const data = textOf(delta.signature)
    if (data !== '') block.seal = { dialect: 'anthropic-messages', kind: 'signature', data }
    return undefined
  },
  citations_delta(delta) {
    const citation = readCitation(delta.citation)
    return citation && { kind: 'citation', citation }
  },
  compaction_delta(delta, block) {
    if (block.part.kind !== 'compaction') return undefined
    block.part = { ...block.part, text: (block.part.text ?? '') + textOf(delta.content) }
    const data = textOf(delta.encrypted_content)
    if (data !== '') block.seal = { dialect: 'anthropic-messages', kind: 'compaction', data }
    return undefined
  },
}

function close(key: unknown, state: State): ChatEvent[] {
  const block = state.blocks.get(key)
  if (!block) return []
  state.blocks.delete(key)
  const seal = block.seal && { seal: block.seal }
  if (block.index === undefined) {
    const index = state.nextIndex++
    return [
      { type: 'open', index, part: { ...block.part, ...seal } },
      { type: 'close', index, ...seal },
    ]
  }
  const { index, input } = block
  return [
    ...(input === '' ? [] : [{ type: 'delta', index, delta: { kind: 'arguments', text: input } } as const]),
    { type: 'close', index, ...seal },
  ]
}
