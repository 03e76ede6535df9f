import type { UpstreamFormat } from '../model/dialect.ts'
import { isEnvelope } from '../model/envelope.ts'
import { dropped, type Loss } from '../model/loss.ts'
import type { Part, Seal } from '../model/part.ts'
import type { ChatRequest, Turn } from '../model/request.ts'
import type { Carried, Envelope } from './envelopes.ts'

/** Whom the state is for. */
export interface Opening {
  readonly maker: string
  readonly channel: string
  readonly format: UpstreamFormat
  readonly open: (data: string) => Envelope | undefined
  /** Envelopes kept by call id, for clients that dropped theirs. */
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
  const turns = request.turns.map((turn, at) => {
    if (turn.role !== 'assistant') return turn
    const opened = openTurn(turn, opening)
    if (opened.hasLost) lost.push(dropped(`messages[${at}].reasoning`))
    return opened.turn
  })
  return { request: { ...request, turns }, lost }
}

function openTurn(turn: Turn, opening: Opening): { turn: Turn; hasLost: boolean } {
  let hasLost = false
  const parts: Part[] = []
  const forCalls = new Map<string, Seal>()
  const hadSeals = turn.parts.some((part) => part.seal)
  const put = (carried: readonly Carried[], part: Part | undefined) => {
    for (const one of carried) {
      if (one.on === 'thinking') parts.push(one.part)
      else if (one.on === 'call') forCalls.set(one.id, one.seal)
      else if (one.on === 'before') sealLast(parts, one.seal)
    }
    const self = carried.find((one) => one.on === 'self')
    if (!part) return
    parts.push(self?.on === 'self' ? restored(part, self) : part)
  }
  for (const part of turn.parts) {
    const { seal, ...bare } = part
    if (!seal) {
      const kept = !hadSeals && part.kind === 'tool_call' ? opening.kept.get(part.id) : undefined
      const envelope = kept === undefined ? undefined : opening.open(kept)
      put(envelope && isFor(envelope, opening) ? envelope.carried : [], part)
    } else if (!isEnvelope(seal.data)) {
      // In its format's native field and not ours: some vendor of that format minted it.
      if (seal.dialect === opening.format) parts.push(part)
      else {
        hasLost = true
        putBare(parts, bare)
      }
    } else {
      const ours = opening.open(seal.data)
      const envelope = ours && isFor(ours, opening) ? ours : undefined
      // Thoughts that never had state travel in an empty envelope, which anybody may lose.
      if (!envelope && ours?.carried.length !== 0) hasLost = true
      const isCarrier = bare.kind === 'thinking' && bare.form === 'redacted'
      const keepsSelf = envelope?.carried.some((one) => one.on === 'self')
      put(envelope?.carried ?? [], isCarrier && !keepsSelf ? undefined : bare)
    }
  }
  const sealed = parts.map((part) => {
    const seal = part.kind === 'tool_call' ? forCalls.get(part.id) : undefined
    return seal ? { ...part, seal } : part
  })
  return { turn: { ...turn, parts: sealed }, hasLost }
}

const isFor = (envelope: Envelope, opening: Opening): boolean =>
  envelope.maker === opening.maker && envelope.channel === opening.channel

function restored(part: Part, { seal, text, form }: Extract<Carried, { on: 'self' }>): Part {
  if (part.kind !== 'thinking') return { ...part, seal }
  return { ...part, text: text ?? part.text, form: form ?? part.form, seal }
}

/** Thinking that held nothing but its seal disappears with it. */
function putBare(parts: Part[], bare: Part): void {
  if (bare.kind !== 'thinking' || bare.form !== 'redacted') parts.push(bare)
}

function sealLast(parts: Part[], seal: Seal): void {
  const last = parts.at(-1)
  if (last) parts[parts.length - 1] = { ...last, seal }
}
