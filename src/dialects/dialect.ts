import type { Capabilities } from '../model/capability.ts'
import type { ClientFormat, DialectId, UpstreamFormat } from '../model/dialect.ts'
import type { ChatEvent } from '../model/event.ts'
import type { Fault, Result } from '../model/fault.ts'
import type { Loss } from '../model/loss.ts'
import type { MediaPart } from '../model/part.ts'
import type { Reply } from '../model/reply.ts'
import type { ChatRequest, StreamForm, Tier } from '../model/request.ts'
import type { ToolMap } from '../model/tools/name.ts'
import type { Usage } from '../model/usage.ts'
import type { TextKeys } from '../wire/json-texts.ts'
import type { Edit, JsonPath } from '../wire/splice.ts'

/** A chat wire format, spoken on both sides, and how it is forwarded when both sides speak it. */
export interface Dialect<Quirks extends object = object> {
  readonly id: DialectId
  readonly client: ClientCodec
  readonly upstream: UpstreamCodec<Quirks>
  readonly forwarding: Forwarding
}

// ---------------------------------------------------------------- the client's side

/** What a route hands to a reader. The body is parsed JSON, an object for sure. */
export interface IncomingRequest {
  readonly body: Readonly<Record<string, unknown>>
  /** Lower-case names, trimmed, empty ones left out. */
  readonly headers: Readonly<Record<string, string>>
  /** Gemini says these two in the path. */
  readonly path?: { readonly model: string; readonly stream: StreamForm }
}

export interface ClientCodec {
  readonly format: ClientFormat
  /** Lenient: unknown fields are kept in `native`, foreign spellings understood; a wrong type is an `invalid` fault naming the field. */
  readRequest(incoming: IncomingRequest): Result<ChatRequest>
  writeReply(reply: Reply, ask: ChatRequest, context: WriteContext): Record<string, unknown>
  eventWriter(ask: ChatRequest, context: WriteContext): EventWriter
  /** The whole answer of a request that failed before its first byte. */
  writeFault(fault: Fault, requestId: string): WrittenFault
  /**
   * The fault as it stands in a stream that has begun, framing included, when no `EventWriter` is at work (forwarded bytes).
   * `sequence` is the number of the last frame seen, where the format counts.
   */
  faultFrame(fault: Fault, requestId: string, form: Exclude<StreamForm, false>, sequence?: number): string
  /** What keeps an idle connection alive without meaning anything to a reader; empty where the format has no such thing. */
  readonly heartbeat: string
  /** How a stream that has begun is given up where the fault's frame and an end like any other would be overlooked. */
  lastWords?(faultFrame: string, headers: Readonly<Record<string, string>>): LastWords
}

export interface LastWords {
  readonly text: string
  /** `ends`: after the text, which goes out in a chunk of its own. `breaks`: so that the client sees a failure of it. */
  readonly connection: 'ends' | 'breaks'
}

export interface WriteContext {
  readonly requestId: string
  /** Fresh, letters and digits; a new one each call. */
  readonly newId: () => string
  readonly nowSeconds: number
  /** Estimated input, for formats that tell it before the upstream does. */
  readonly inputEstimate: number
}

/** Turns lawful, sequential events into the bytes of the client's stream. Nothing is written after `stop` or `fault`. */
export interface EventWriter {
  /** Text to send, framing included; often empty. `stop` gives everything up to the end of the stream. */
  push(event: ChatEvent): string
}

export interface WrittenFault {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Record<string, unknown>
}

// ---------------------------------------------------------------- the upstream's side

/** Whom a request is written for. */
export interface Target<Quirks extends object = object> {
  /** The upstream's own name of the model. */
  readonly model: string
  readonly capabilities: Capabilities
  /** The codec's defaults with the provider's deviations laid over them. */
  readonly quirks: Quirks
}

export interface UpstreamCodec<Quirks extends object = object> {
  readonly format: UpstreamFormat
  /** What the format's own vendor does. Providers override single values. */
  readonly quirks: Quirks
  /** Pure and deterministic: the same history gives the same bytes. `unsupported` names what would change the meaning. */
  writeRequest(request: ChatRequest, target: Target<Quirks>): Result<Written>
  /** `invalid` bodies (an error in a 200, no choices) are faults. */
  readReply(body: unknown, context: ReadContext<Quirks>): Result<Reply>
  eventReader(context: ReadContext<Quirks>): EventReader
  /** Classifies an HTTP error by code, then type, then text, then status. The message is the vendor's, not yet scrubbed. */
  readFault(answer: RefusedAnswer): Fault
  /** Whether this medium must be fetched and inlined first because the upstream cannot open its address. */
  mustInline(part: MediaPart, target: Target<Quirks>): boolean
  /** Path and query below the base URL. */
  path(target: Target<Quirks>, action: UpstreamAction): string
  /** The vendor's own counter, where it has one. */
  readonly count?: {
    writeRequest(request: ChatRequest, target: Target<Quirks>): Result<Record<string, unknown>>
    /** Tokens, or undefined when the answer has no such number. */
    readReply(body: unknown): number | undefined
  }
}

export type UpstreamAction = 'unary' | 'stream' | 'count'

/** A request in the upstream's words. */
export interface Written {
  readonly body: Record<string, unknown>
  /** Beyond authentication and content type (`anthropic-version`, `anthropic-beta`). */
  readonly headers?: Readonly<Record<string, string>>
  readonly lost: readonly Loss[]
  /** From the upstream's tool names back to the client's. */
  readonly tools: ToolMap
  /** What the upstream cannot do and is done on its reply instead. */
  readonly emulate?: {
    /** Stop strings to look for in the visible text. */
    readonly stop?: readonly string[]
    /** Parallel calls were forbidden: only the first is told. */
    readonly firstCallOnly?: boolean
    /** The answer is this tool's arguments (schema output through a forced tool). */
    readonly textFromTool?: string
    /** The text is JSON `{"value": …}` and only the value is told. */
    readonly textFromValue?: boolean
  }
}

export interface ReadContext<Quirks extends object = object> {
  readonly target: Target<Quirks>
  /** For ids that the upstream leaves out. Letters and digits, a new one each call. */
  readonly newId: () => string
}

/** One frame as a vendor sent it: an SSE event, or an AWS event-stream message with its payload as text. */
export interface UpstreamFrame {
  readonly event?: string | undefined
  readonly data: string
}

/** Turns frames into events, obeying the law of order but for interleaved parts. Frames after the end are ignored. */
export interface EventReader {
  push(frame: UpstreamFrame): ChatEvent[]
  /** The connection closed. Without the format's own terminal event that is a `bad_gateway` fault, never a made-up stop. */
  end(): ChatEvent[]
}

export interface RefusedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

// ---------------------------------------------------------------- same dialect on both sides

/** Forwarding: the bytes stay, a few values are spliced, frames are read for usage and for how the answer ended. */
export interface Forwarding {
  peek(incoming: IncomingRequest): Result<Peek>
  /** Whether the target can read such a body as it is; else the request is translated. Absent: every target can. */
  fits?(incoming: IncomingRequest, target: Target): boolean
  /** What must change in the request's bytes: the model's name, the usage chunk asked for, our envelopes taken out. */
  edits(incoming: IncomingRequest, target: Target): ForwardEdits
  /** Where a unary reply names the model. */
  readonly replyModel: JsonPath
  /** Where a frame may name it; the first that is there. */
  readonly frameModel: readonly JsonPath[]
  /** Usage and end of a unary reply. */
  readReply(body: unknown): Seen
  watcher(): Watcher
  /** Where answers say what their vendor bills as output: its frames, each text once, and a whole one. */
  readonly texts: { readonly frame: TextKeys; readonly reply: TextKeys }
}

export interface Peek {
  readonly model: string
  readonly stream: StreamForm
  readonly maxOutput?: number
}

export interface ForwardEdits {
  readonly edits: readonly Edit[]
  /** Names of what was taken out, for `x-causeway-lost`. */
  readonly lost: readonly Loss[]
  /** The usage chunk was our wish, not the client's: leave it out of the answer. */
  readonly hideUsageChunk: boolean
  /** The client's headers that this upstream does not know. Lower case. */
  readonly withoutHeaders?: readonly string[]
  /** The request cannot go to this upstream: it would be answered, but wrongly. */
  readonly fault?: Fault
}

/** What is known of a forwarded answer so far. */
export interface Seen {
  readonly usage?: Usage
  /** The tier that serves, where the vendor has said it. */
  readonly tier?: Tier
  /** What the vendor says that it bills for the answer, in its currency. */
  readonly billed?: number
  /** Content has begun: from here on nothing is tried again elsewhere. */
  readonly hasContent: boolean
  /** The format's own terminal event was seen. */
  readonly hasEnded: boolean
  readonly fault?: Fault
}

export interface Watcher {
  /** Looks at a frame without decoding it where its kind can be told from its first bytes. */
  see(frame: UpstreamFrame & { readonly raw: Uint8Array }): void
  readonly seen: Seen
  /** Whether the frame last seen is the usage chunk (`choices: []`). */
  readonly isUsageChunk: boolean
  /** How many frames have told usage. */
  readonly tellings: number
}
