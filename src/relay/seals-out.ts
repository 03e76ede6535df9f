import type { ClientFormat } from '../model/dialect.ts'
import type { ChatEvent } from '../model/event.ts'
import type { Part, Seal, ThinkingPart } from '../model/part.ts'
import type { Transform } from '../model/stream/transform.ts'
import type { Carried } from './envelopes.ts'
import type { LastText } from './last-text.ts'

/** Where a client's format lets state come back. */
interface Places {
  readonly thinking: boolean
  readonly call: boolean
  readonly text: boolean
  /** Thinking without state still needs something in the place (Anthropic clients drop unsigned thoughts). */
  readonly always: boolean
  /** State may be the last thing of an answer. */
  readonly last: boolean
}

const places: Record<ClientFormat, Places> = {
  // Claude Code takes the last block for the answer: state behind the text would leave it with an empty one.
  'anthropic-messages': { thinking: true, call: false, text: false, always: true, last: false },
  'openai-responses': { thinking: true, call: false, text: false, always: false, last: true },
  // Gemini CLI drops thought parts from its history, so their state rides on what follows them.
  gemini: { thinking: false, call: true, text: true, always: false, last: true },
  'openai-chat': { thinking: true, call: true, text: false, always: false, last: true },
  'openai-completions': { thinking: false, call: false, text: false, always: false, last: true },
}

export interface Outgoing {
  readonly format: ClientFormat
  readonly wrap: (carried: readonly Carried[]) => string
  /** The client did not ask for thoughts and takes the first part for the answer: they are not told at all. */
  readonly hidesThinking: boolean
  /** Keeps state by call id, for clients that drop fields they do not know or never see the thought; or by that of a text. */
  readonly keep: (id: string, carried: readonly Carried[], of: 'call' | 'text') => void
  /** For the name of a text whose state is kept, since a client cannot have it behind the text. */
  readonly lastText: () => LastText
}

/**
 * Wraps the upstream's opaque state into envelopes and moves it to where the client's format has a place for it.
 * Expects sequential events: one part open at a time, each closed before the next.
 */
export function sealOutgoing(outgoing: Outgoing): Transform {
  const place = places[outgoing.format]
  const { hidesThinking } = outgoing
  let shift = 0
  let nextIndex = 0
  let open: Part | undefined
  /** Of the thought that is open. */
  let thought = ''
  /** Of the text that is open, where its state has no place in this format. */
  let lastText: LastText | undefined
  const namesTexts = !place.text && place.thinking && !place.last
  /** Thinking of this turn that no place has been found for yet. */
  let waiting: Carried[] = []
  /** Thinking since the last call, for `keep`. */
  let unkept: Carried[] = []
  /** The state of a text, until it is known whether anything follows it. */
  let withheld: { readonly seal: Seal; readonly text: LastText } | undefined

  const envelope = (seal: Seal, carried: readonly Carried[]): Seal => ({
    dialect: seal.dialect,
    kind: seal.kind,
    data: outgoing.wrap(carried),
  })
  const carrier = (index: number, seal: Seal, carried: readonly Carried[]): ChatEvent[] => {
    shift++
    const part: ThinkingPart = { kind: 'thinking', form: 'redacted', text: '' }
    return [
      { type: 'open', index, part },
      { type: 'close', index, seal: envelope(seal, carried) },
    ]
  }

  const behindText = (index: number, seal: Seal): ChatEvent[] => carrier(index, seal, [{ on: 'before', seal }])

  function onOpen(event: Extract<ChatEvent, { type: 'open' }>): ChatEvent[] {
    const told = withheld && !hidesThinking ? behindText(event.index + shift, withheld.seal) : []
    withheld = undefined
    return [...told, ...openPart(event)]
  }

  function openPart(event: Extract<ChatEvent, { type: 'open' }>): ChatEvent[] {
    nextIndex = event.index + 1
    open = event.part
    thought = ''
    lastText = namesTexts && open.kind === 'text' ? outgoing.lastText() : undefined
    if (open.kind === 'text') lastText?.add(open.text)
    const { seal, ...bare } = event.part
    if (bare.kind === 'thinking' && hidesThinking) return []
    // A call's seal is known when it opens; the other kinds say theirs when they close.
    if (bare.kind === 'tool_call') return openCall(event, bare, seal)
    // Clients lose the signature of a text that calls follow, so thinking waits for those or for the end.
    if (bare.kind === 'text') {
      waiting = waiting.map(beforeText)
      unkept = unkept.map(beforeText)
    }
    return [{ ...event, index: event.index + shift, part: bare }]
  }

  function openCall(
    event: Extract<ChatEvent, { type: 'open' }>,
    bare: Part & { kind: 'tool_call' },
    seal: Seal | undefined,
  ) {
    const own: Carried[] = seal ? [{ on: 'self', seal }] : []
    const carried = place.call ? [...waiting, ...own] : own
    if (place.call) waiting = []
    const kept = [...unkept, ...own]
    if (kept.length > 0) outgoing.keep(bare.id, kept, 'call')
    unkept = []
    const minted = seal ?? thinkingSeal(carried)
    if (!minted || carried.length === 0) return [{ ...event, index: event.index + shift, part: bare }]
    if (place.call)
      return [{ ...event, index: event.index + shift, part: { ...bare, seal: envelope(minted, carried) } }]
    if (!place.thinking || hidesThinking) return [{ ...event, index: event.index + shift, part: bare }]
    const before = carrier(event.index + shift, minted, [{ on: 'call', id: bare.id, seal: minted }])
    return [...before, { ...event, index: event.index + shift, part: bare }]
  }

  function onClose(event: Extract<ChatEvent, { type: 'close' }>): ChatEvent[] {
    const closed = open
    open = undefined
    const index = event.index + shift
    // What comes whole (a thought that nobody may read) says its state when it opens.
    const seal = event.seal ?? closed?.seal
    if (closed?.kind === 'thinking') {
      const told = sealOfThinking(closed, seal)
      if (!hidesThinking) return [{ type: 'close', index, ...told }]
      shift--
      return []
    }
    if (!seal || closed?.kind === 'tool_call') return [{ type: 'close', index }]
    if (place.text) return [{ type: 'close', index, seal: envelope(seal, [{ on: 'self', seal }]) }]
    if (!place.thinking) return [{ type: 'close', index }]
    if (place.last) return [{ type: 'close', index }, ...behindText(index + 1, seal)]
    if (lastText) withheld = { seal, text: lastText }
    return [{ type: 'close', index }]
  }

  function sealOfThinking(closed: ThinkingPart, seal: Seal | undefined): { seal?: Seal } {
    const whole: ThinkingPart = {
      kind: 'thinking',
      form: closed.form,
      text: closed.text + thought,
      ...(seal && { seal }),
    }
    if (seal) {
      unkept.push({ on: 'thinking', part: whole })
      if (!place.thinking) waiting.push({ on: 'thinking', part: whole })
      else return { seal: envelope(seal, [{ on: 'self', seal, text: whole.text, form: whole.form }]) }
    } else if (place.always)
      return { seal: { dialect: 'anthropic-messages', kind: 'signature', data: outgoing.wrap([]) } }
    return {}
  }

  function keepText(text: string): void {
    if (open?.kind === 'thinking') thought += text
    else lastText?.add(text)
  }

  /** State that nothing followed rides on an empty text. */
  function flush(): ChatEvent[] {
    const seal = thinkingSeal(waiting)
    if (!seal || !place.text) return []
    const riding = envelope(seal, waiting)
    const index = nextIndex + shift
    waiting = []
    return [
      { type: 'open', index, part: { kind: 'text', text: '', seal: riding } },
      { type: 'close', index, seal: riding },
    ]
  }

  return {
    push(event) {
      switch (event.type) {
        case 'open':
          return onOpen(event)
        case 'delta':
          if (event.delta.kind === 'text') keepText(event.delta.text)
          if (open?.kind === 'thinking' && hidesThinking) return []
          return [shift === 0 ? event : { ...event, index: event.index + shift }]
        case 'close':
          return onClose(event)
        case 'start':
          return [event]
        case 'stop':
          if (withheld) outgoing.keep(withheld.text.id(), [{ on: 'self', seal: withheld.seal }], 'text')
          return [...flush(), event]
        default:
          return [...flush(), event]
      }
    },
  }
}

const beforeText = (one: Carried): Carried => (one.on === 'thinking' ? { ...one, isBeforeText: true } : one)

const thinkingSeal = (carried: readonly Carried[]): Seal | undefined => {
  const first = carried.find((one) => one.on === 'thinking')
  return first?.on === 'thinking' ? first.part.seal : undefined
}
