import type { UpstreamFormat } from '../model/dialect.ts'
import { isEnvelope } from '../model/envelope.ts'
import { dropped, forgotten, type Loss } from '../model/loss.ts'
import type { Part, Seal } from '../model/part.ts'
import type { ChatRequest, Turn } from '../model/request.ts'
import type { Carried, Envelope } from './envelopes.ts'
import { lastTextIds } from './last-text.ts'

/** Whom the state is for. */
export interface Opening {
  readonly maker: string
  readonly channel: string
  readonly format: UpstreamFormat
  readonly open: (data: string) => Envelope | undefined
  /** Envelopes kept by the id of a call or of a last text, for clients that dropped theirs or had no place for them. */
  readonly kept: ReadonlyMap<string, string>
}

export interface Opened {
  readonly request: ChatRequest
  readonly lost: readonly Loss[]
}

/**
 * Opens the envelopes in a history for the upstream that minted their state and puts it back where it was; for any other
 * upstream, and when an envelope does not open, the state is left out. What is readable stays.
 */
export function openIncoming(request: ChatRequest, opening: Opening): Opened {
  const lost: Loss[] = []
  const texts = opening.kept.size > 0 ? lastTextIds(request.turns) : new Map<number, string>()
  const turns = request.turns.map((turn, at) => {
    if (turn.role !== 'assistant') return turn
    const opened = openTurn(turn, opening, texts.get(at))
    if (opened.hasLost) lost.push(forgotten(`messages[${at}].reasoning`))
    if (opened.hasLostSummary) lost.push(dropped(`messages[${at}].compaction`))
    return opened.turn
  })
  return { request: { ...request, turns }, lost }
}

interface OpenedTurn {
  readonly turn: Turn
  readonly hasLost: boolean
  /** A vendor's compaction holds the beginning of the conversation, which no other can read. */
  readonly hasLostSummary: boolean
}

function openTurn(turn: Turn, opening: Opening, lastText: string | undefined): OpenedTurn {
  const rebuilt = new Rebuilt()
  const hadSeals = turn.parts.some((part) => part.seal)
  let hasLost = false
  let hasLostSummary = false
  for (const part of turn.parts) {
    const { seal, ...bare } = part
    if (!seal) {
      const isLast = lastText !== undefined && part === turn.parts.at(-1)
      const id = isLast ? lastText : !hadSeals && part.kind === 'tool_call' ? part.id : undefined
      const kept = id === undefined ? undefined : opening.kept.get(id)
      const envelope = kept === undefined ? undefined : opening.open(kept)
      rebuilt.add(part, envelope && isFor(envelope, opening) ? envelope.carried : [])
    } else if (!isEnvelope(seal.data)) {
      // In its format's native field and not ours: some vendor of that format minted it.
      const isOwn = seal.dialect === opening.format
      if (!isOwn && part.kind === 'compaction') hasLostSummary ||= part.text === undefined
      else if (!isOwn) hasLost = true
      rebuilt.add(isOwn ? part : bare, [])
    } else {
      const ours = opening.open(seal.data)
      const isReadable = ours && isFor(ours, opening)
      // Thoughts that never had state travel in an empty envelope, which anybody may lose.
      if (!isReadable && ours?.carried.length !== 0) hasLost = true
      rebuilt.add(bare, isReadable ? ours.carried : [])
    }
  }
  return { turn: { ...turn, parts: rebuilt.parts() }, hasLost, hasLostSummary }
}

const isFor = (envelope: Envelope, opening: Opening): boolean =>
  envelope.maker === opening.maker && envelope.channel === opening.channel

/** A turn as its upstream said it, put together from what the client sent back of it. */
class Rebuilt {
  readonly #parts: Part[] = []
  readonly #forCalls = new Map<string, Seal>()
  /** Where the text that is being added began: streaming Gemini clients send it back in the pieces that they got. */
  #textStart = 0

  add(bare: Part, carried: readonly Carried[]): void {
    const self = carried.find((one) => one.on === 'self')
    const before: Part[] = []
    const beforeText: Part[] = []
    for (const one of carried) {
      if (one.on === 'thinking') (one.isBeforeText ? beforeText : before).push(one.part)
      else if (one.on === 'call') this.#forCalls.set(one.id, one.seal)
      else if (one.on === 'before') this.#sealLast(one.seal)
    }
    // A thought that held nothing but its seal disappears with it.
    if (bare.kind === 'thinking' && bare.form === 'redacted' && !self && !bare.seal) return
    const part = self ? restored(bare, self) : bare
    if (part.kind === 'text' && carried.length > 0) this.#closeText(part, [...beforeText, ...before])
    else {
      if (beforeText.length > 0) this.#closeText({ kind: 'text', text: '' }, beforeText)
      this.#parts.push(...before, part)
    }
    if (part.kind !== 'text' || carried.length > 0) this.#textStart = this.#parts.length
  }

  parts(): readonly Part[] {
    return this.#parts.map((part) => {
      const seal = part.kind === 'tool_call' ? this.#forCalls.get(part.id) : undefined
      return seal ? { ...part, seal } : part
    })
  }

  /** State comes behind the last piece of a text: the thoughts go before the first, and the pieces are one text again. */
  #closeText(last: Part & { kind: 'text' }, before: readonly Part[]): void {
    const pieces = this.#parts.splice(this.#textStart)
    const text = [...pieces, last].map((piece) => (piece.kind === 'text' ? piece.text : '')).join('')
    this.#parts.push(...before)
    if (text !== '' || last.seal) this.#parts.push({ ...last, text })
  }

  #sealLast(seal: Seal): void {
    const last = this.#parts.at(-1)
    if (last) this.#parts[this.#parts.length - 1] = { ...last, seal }
  }
}

function restored(part: Part, { seal, text, form }: Extract<Carried, { on: 'self' }>): Part {
  if (part.kind !== 'thinking') return { ...part, seal }
  return { ...part, text: text ?? part.text, form: form ?? part.form, seal }
}
