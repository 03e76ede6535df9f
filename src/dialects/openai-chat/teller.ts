import type { ChatEvent, Delta } from '../../model/event.ts'
import type { MediaPart, Part, Seal, TokenLogprob } from '../../model/part.ts'
import { codePoints, readAnnotation } from './annotations.ts'
import { type Calls, callsReader, thoughtSeal } from './calls-read.ts'
import type { Detail } from './reasoning-details.ts'

/** What the answers of one stream share. */
export interface Stage {
  emit(event: ChatEvent): void
  nextIndex(): number
  newId(): string
}

/**
 * Tells one answer part by part. At most one text, thought, refusal or speech is open; a piece of another kind closes it.
 * Calls stay open beside it, because their pieces may interleave.
 */
export interface Teller {
  readonly calls: Calls
  text(content: string, logprobs?: readonly TokenLogprob[]): void
  think(thought: Detail): void
  refuse(said: string): void
  speak(part: MediaPart, deltas: readonly Delta[]): void
  cite(annotation: Record<string, unknown>): void
  /** A part that comes whole. */
  whole(part: Part): void
  /** A thought signature that stands on the message: the first call's, or else the text's. */
  sign(data: string): void
  /** Closes the open part that is no call. */
  leave(): void
  readonly hasContent: boolean
  readonly hasRefusal: boolean
}

interface Lane {
  readonly kind: Part['kind']
  readonly index: number
  /** Which of the upstream's `reasoning_details` it is. */
  readonly detail: number | undefined
  seal: Seal | undefined
  /** Code points told so far. */
  points: number
}

/** Tells answer number `choice`; 0 is the one that most replies have alone. */
export function teller(stage: Stage, choice: number): Teller {
  let lane: Lane | undefined
  let textBase = 0
  let opened = 0
  let hasRefusal = false
  let messageSeal: Seal | undefined

  const open = (part: Part): number => {
    const index = stage.nextIndex()
    opened++
    stage.emit({ type: 'open', index, part, ...(choice > 0 && { choice }) })
    return index
  }
  const say = (index: number, delta: Delta): void => stage.emit({ type: 'delta', index, delta })
  const close = (index: number, seal?: Seal): void => stage.emit({ type: 'close', index, ...(seal && { seal }) })

  const leave = (): void => {
    if (!lane) return
    if (lane.kind === 'text') {
      textBase += lane.points
      lane.seal ??= messageSeal
      messageSeal = undefined
    }
    close(lane.index, lane.seal)
    lane = undefined
  }

  const openCall = (part: Part): number => {
    leave()
    return open(part)
  }
  const more = (index: number, text: string): void => say(index, { kind: 'arguments', text })
  const calls = callsReader({ open: openCall, more, close }, stage.newId)

  const enter = (part: Part, detail?: number): Lane => {
    const goesOn = detail === undefined || lane?.detail === undefined || lane.detail === detail
    if (lane?.kind === part.kind && goesOn) return lane
    leave()
    calls.closeWhole()
    lane = { kind: part.kind, index: open(part), detail, seal: undefined, points: 0 }
    return lane
  }

  const whole = (part: Part): void => {
    leave()
    calls.closeWhole()
    close(open(part))
  }

  return {
    calls,
    text(content, logprobs) {
      if (content === '') return
      const into = enter({ kind: 'text', text: '' })
      into.points += codePoints(content)
      say(into.index, { kind: 'text', text: content, ...(logprobs && { logprobs }) })
    },
    think({ text, form, index, seal }) {
      if (text !== '') say(enter({ kind: 'thinking', text: '', form }, index).index, { kind: 'text', text })
      if (!seal) return
      if (lane?.kind === 'thinking' && !lane.seal) lane.seal = seal
      else whole({ kind: 'thinking', text: '', form: 'redacted', seal })
    },
    refuse(said) {
      if (said === '') return
      hasRefusal = true
      say(enter({ kind: 'refusal', text: '' }).index, { kind: 'text', text: said })
    },
    speak(part, deltas) {
      const into = enter(part)
      for (const delta of deltas) say(into.index, delta)
    },
    cite(annotation) {
      // Without an open text there is nothing that the citation could belong to.
      if (lane?.kind !== 'text') return
      say(lane.index, { kind: 'citation', citation: readAnnotation(annotation, textBase) })
    },
    whole,
    sign(data) {
      if (calls.count > 0) calls.sign(data)
      else messageSeal = thoughtSeal(data)
    },
    leave,
    get hasContent() {
      return opened > 0
    },
    get hasRefusal() {
      return hasRefusal
    },
  }
}
