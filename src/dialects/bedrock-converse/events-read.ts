import type { ChatEvent, Delta } from '../../model/event.ts'
import { type Fault, fault } from '../../model/fault.ts'
import type { Part, Seal } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import type { EventReader, ReadContext, UpstreamFrame } from '../dialect.ts'
import { readCitation } from './citations.ts'
import { readCall, readImage, readServerResult, redacted, signature, textIn } from './content-read.ts'
import { readError } from './fault.ts'
import type { ConverseQuirks } from './quirks.ts'
import { readStop } from './stop.ts'
import { readTier, readUsage } from './usage.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads ConverseStream. A frame's event is its `:event-type`, or its `:exception-type`. Texts and thoughts are not announced:
 * their first piece opens them. Usage comes beside the stop, before it or behind it.
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
export function eventReader({ newId }: ReadContext<ConverseQuirks>): EventReader {
  const state: State = {
    newId,
    nextIndex: 0,
    open: undefined,
    hasStarted: false,
    hasCall: false,
    stop: undefined,
    metadata: undefined,
    isDone: false,
  }
  return {
    push: (frame) => (state.isDone ? [] : push(frame, state)),
    end() {
      if (state.isDone) return []
      return state.stop ? finish(state) : fail(state, fault('bad_gateway', "The upstream's answer broke off."))
    },
  }
}

/** The part that is being told; Converse tells one after another. */
interface OpenBlock {
  readonly block: unknown
  readonly kind: Part['kind']
  readonly index: number
  seal: Seal | undefined
}

interface State {
  readonly newId: () => string
  nextIndex: number
  open: OpenBlock | undefined
  hasStarted: boolean
  hasCall: boolean
  stop: Fields | undefined
  metadata: Fields | undefined
  isDone: boolean
}

function push(frame: UpstreamFrame, state: State): ChatEvent[] {
  const payload = parse(frame.data)
  if (frame.event !== undefined && /exception$|error$/i.test(frame.event))
    return fail(state, readError({ type: frame.event, message: textIn(payload?.message), status: 502 }))
  if (!payload) return fail(state, fault('bad_gateway', 'A frame of the stream is not JSON.'))
  const { event, fields } = unwrapped(frame.event, payload)
  const handle = Object.hasOwn(handlers, event) ? handlers[event] : undefined
  if (handle) return handle(fields, state)
  return /exception$/i.test(event)
    ? fail(state, readError({ type: event, message: textIn(fields.message), status: 502 }))
    : []
}

/** Some servers put the event's name around the payload instead of into a header. */
function unwrapped(event: string | undefined, payload: Fields): { event: string; fields: Fields } {
  const [only] = Object.entries(payload)
  if (event !== undefined || !only || !isRecord(only[1])) return { event: event ?? '', fields: payload }
  return { event: only[0], fields: only[1] }
}

function parse(data: string): Fields | undefined {
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

const handlers: Readonly<Record<string, (fields: Fields, state: State) => ChatEvent[]>> = {
  messageStart: (_fields, state) => start(state),
  contentBlockStart(fields, state) {
    const begun = isRecord(fields.start) ? fields.start : {}
    const part = readStart(begun, state.newId)
    if (!part) return start(state)
    return part.kind === 'server_result' ? whole(part, state) : open(part, fields.contentBlockIndex, state)
  },
  contentBlockDelta(fields, state) {
    const delta = isRecord(fields.delta) ? fields.delta : {}
    for (const [member, read] of Object.entries(deltas)) {
      const value = delta[member]
      if (value !== undefined && value !== null) return read(value, fields.contentBlockIndex, state)
    }
    return []
  },
  contentBlockStop: (_fields, state) => close(state),
  messageStop(fields, state) {
    state.stop = fields
    return state.metadata ? finish(state) : close(state)
  },
  metadata(fields, state) {
    state.metadata = fields
    return state.stop ? finish(state) : []
  },
}

function readStart(begun: Fields, newId: () => string): Part | undefined {
  if (isRecord(begun.toolUse)) return readCall({ ...begun.toolUse, input: undefined }, newId)
  return isRecord(begun.toolResult) ? readServerResult(begun.toolResult) : undefined
}

type DeltaReader = (value: unknown, block: unknown, state: State) => ChatEvent[]

const deltas: Readonly<Record<string, DeltaReader>> = {
  text: (value, block, state) => more({ kind: 'text', text: '' }, textIn(value), block, state),
  toolUse(value, _block, state) {
    const text = isRecord(value) ? textIn(value.input) : ''
    if (state.open?.kind !== 'tool_call' && state.open?.kind !== 'server_call')
      return fail(state, fault('bad_gateway', 'Arguments came of a call that was not begun.'))
    return text === '' ? [] : [say(state.open, { kind: 'arguments', text })]
  },
  reasoningContent(value, block, state) {
    const fields = isRecord(value) ? value : {}
    const withheld = textIn(fields.redactedContent)
    if (withheld !== '') return whole(redacted(withheld), state)
    const events = more({ kind: 'thinking', text: '', form: 'raw' }, textIn(fields.text), block, state)
    const seal = textIn(fields.signature)
    if (seal === '') return events
    const begun = enter({ kind: 'thinking', text: '', form: 'raw' }, block, state)
    if (state.open) state.open.seal = signature((state.open.seal?.data ?? '') + seal)
    return [...events, ...begun]
  },
  citation(value, block, state) {
    const citation = readCitation(value)
    const begun = enter({ kind: 'text', text: '' }, block, state)
    return citation && state.open ? [...begun, say(state.open, { kind: 'citation', citation })] : begun
  },
  image(value, _block, state) {
    const part = isRecord(value) ? readImage(value) : undefined
    return part ? whole(part, state) : []
  },
}

/** More of a text or thought; an empty piece of one that is not open opens nothing. */
function more(part: Part, text: string, block: unknown, state: State): ChatEvent[] {
  if (text === '') return []
  const events = enter(part, block, state)
  return state.open ? [...events, say(state.open, { kind: 'text', text })] : events
}

const say = ({ index }: OpenBlock, delta: Delta): ChatEvent => ({ type: 'delta', index, delta })

/** Makes sure that a part of this kind and block is open. */
const enter = (part: Part, block: unknown, state: State): ChatEvent[] =>
  state.open?.kind === part.kind && state.open.block === block ? [] : open(part, block, state)

function open(part: Part, block: unknown, state: State): ChatEvent[] {
  const before = [...start(state), ...close(state)]
  const index = state.nextIndex++
  state.open = { block, kind: part.kind, index, seal: undefined }
  state.hasCall ||= part.kind === 'tool_call'
  return [...before, { type: 'open', index, part }]
}

/** A part that comes whole. */
function whole(part: Part, state: State): ChatEvent[] {
  const before = [...start(state), ...close(state)]
  const index = state.nextIndex++
  return [...before, { type: 'open', index, part }, { type: 'close', index, ...(part.seal && { seal: part.seal }) }]
}

function close(state: State): ChatEvent[] {
  if (!state.open) return []
  const { index, seal } = state.open
  state.open = undefined
  return [{ type: 'close', index, ...(seal && { seal }) }]
}

function start(state: State): ChatEvent[] {
  if (state.hasStarted) return []
  state.hasStarted = true
  return [{ type: 'start' }]
}

function finish(state: State): ChatEvent[] {
  state.isDone = true
  const tier = readTier(state.metadata?.serviceTier)
  return [
    ...start(state),
    ...close(state),
    { type: 'usage', usage: readUsage(state.metadata?.usage) },
    { type: 'stop', stop: readStop(state.stop ?? {}, state.hasCall), ...(tier && { tier }) },
  ]
}
