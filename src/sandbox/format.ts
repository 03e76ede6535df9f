import type { IncomingHttpHeaders } from 'node:http'
import type { Answer } from './answer.ts'
import type { ModelListing } from './model-list.ts'
import type { SandboxModel } from './models.ts'
import type { PrefixCache } from './prefix-cache.ts'
import type { Prompt } from './prompt.ts'
import type { Untyped } from './untyped.ts'

/** A request of one format, its body parsed. */
export interface Call {
  readonly headers: IncomingHttpHeaders
  readonly url: URL
  readonly body: Untyped
  /** The model as it was asked for, and which that is. */
  readonly name: string
  readonly model: SandboxModel
  /** Stands for the body, however it is delivered. */
  readonly seed: string
  /** Now, in milliseconds since 1970. */
  readonly nowMs: number
  /** Whose request it is: a digest of the key. Caches are not shared between accounts. */
  readonly account: string
  /** Prefixes seen before. */
  readonly cache: PrefixCache
}

/** What is wrong with a request, in the words of the format's vendor. */
export interface Refusal {
  readonly status: number
  readonly message: string
  readonly code?: string | null
  readonly param?: string | null
}

/** One piece of a stream as it is sent. A word is what delays and failures are counted in. */
export interface Frame {
  readonly text: string
  readonly isWord: boolean
}

/** A request that was understood: what it asks, and how the answers are written. */
export interface Asked {
  readonly prompt: Prompt
  /** How many answers are wanted; formats without such a wish want one. */
  readonly choices: number
  readonly isStream: boolean
  /** What was sent, part by part in the order in which a model reads it, where the vendor caches it unasked. */
  readonly cacheable?: readonly string[]
  reply(answers: readonly Answer[]): unknown
  /** Frames are made as they are taken. */
  stream(answers: readonly Answer[]): Iterable<Frame>
  /** An error in the middle of a stream, after so many frames. */
  breakOff(framesSent: number): string
}

/** What an error is told about, beside what is wrong. */
export interface Complaint {
  readonly url: URL
  readonly requestId: string
}

/** One of the four formats, as its vendor serves it. */
export interface Format {
  /** Understands a request or says why not. */
  read(call: Call): Asked | Refusal
  /** Understands a request to count tokens and answers in the format's own shape. */
  count(call: Call): { readonly counted: unknown } | Refusal
  /** An error as the vendor words it. */
  refuse(refusal: Refusal, complaint: Complaint): unknown
  /** The name of a model in the request. */
  modelName(body: Untyped, url: URL): string
  /** The refusal of a model that is not there. */
  unknownModel(name: string): Refusal
  /** The key that was sent where this vendor looks for it. */
  key(headers: IncomingHttpHeaders, url: URL): string | undefined
  readonly noKey: Refusal
  readonly listing: ModelListing
  readonly requestIdHeader: string
  /** Content type of a streamed answer. */
  streamType(url: URL): string
}

export const isRefusal = <T extends object>(result: T | Refusal): result is Refusal => 'status' in result

/** A rule of the vendor's: what it refuses, or nothing. */
export type Check<T> = (subject: T) => Refusal | undefined

/** The first objection of several rules. */
export function firstRefusal<T>(checks: readonly Check<T>[], subject: T): Refusal | undefined {
  for (const check of checks) {
    const refusal = check(subject)
    if (refusal) return refusal
  }
  return undefined
}

/** The first objection to any of a list's members. */
export function refusalAmong<T>(
  items: readonly T[],
  check: (item: T, index: number) => Refusal | undefined,
): Refusal | undefined {
  for (const [index, item] of items.entries()) {
    const refusal = check(item, index)
    if (refusal) return refusal
  }
  return undefined
}
