import type { Fault } from './fault.ts'
import type { Citation, Part, Seal, TokenLogprob } from './part.ts'
import type { Stop } from './reply.ts'
import type { Tier } from './request.ts'
import type { Usage } from './usage.ts'

/**
 * A reply told slowly. The law of order: `start`, then parts (`open`, `delta`…, `close`), then `usage`, and exactly one
 * `stop` or `fault`, last. `index` counts opens from 0. Readers may interleave parts of one reply; `sequential` in
 * `model/stream/sequential.ts` puts them one after another before any writer sees them.
 */
export type ChatEvent =
  | StartEvent
  | OpenEvent
  | DeltaEvent
  | CloseEvent
  | UsageEvent
  | StopEvent
  | { readonly type: 'fault'; readonly fault: Fault }

export interface UsageEvent {
  readonly type: 'usage'
  readonly usage: Usage
  /** What the vendor says that it bills for the answer, in its currency. */
  readonly billed?: number
}

export interface StartEvent {
  readonly type: 'start'
  /** The upstream's id of the reply. */
  readonly id?: string
  /** The upstream's name of the model that answered. */
  readonly model?: string
  /** What is known of the usage before the first word (Anthropic says the input side). */
  readonly usage?: Usage
  /** The tier that serves, where it is said so early. */
  readonly tier?: Tier
}

export interface OpenEvent {
  readonly type: 'open'
  readonly index: number
  /**
   * The part as far as it is known: text kinds empty, calls with id and name and no arguments.
   * A part that comes whole (a server tool's result, a picture) stands here complete and is closed at once.
   */
  readonly part: Part
  /** Which of several answers it belongs to; absent is the first. */
  readonly choice?: number
}

export interface DeltaEvent {
  readonly type: 'delta'
  readonly index: number
  readonly delta: Delta
}

export type Delta =
  /** More of a text, refusal or thinking part. */
  | { readonly kind: 'text'; readonly text: string; readonly logprobs?: readonly TokenLogprob[] }
  /** More of a tool call's or server call's arguments. */
  | { readonly kind: 'arguments'; readonly text: string }
  | { readonly kind: 'citation'; readonly citation: Citation }
  /** More of a spoken answer: base64 of whole bytes. */
  | { readonly kind: 'audio'; readonly data: string }
  | { readonly kind: 'transcript'; readonly text: string }

export interface CloseEvent {
  readonly type: 'close'
  readonly index: number
  /** State that became known at the end of the part. Overrides one from `open`. */
  readonly seal?: Seal
}

export interface StopEvent {
  readonly type: 'stop'
  readonly stop: Stop
  /** How the second and further answers ended. */
  readonly others?: readonly Stop[]
  readonly tier?: Tier
}
