import type { EventWriter, Written } from '../dialects/dialect.ts'
import { isAbsurd } from '../ledger/ending.ts'
import { estimateRequest } from '../model/estimate.ts'
import type { ChatEvent } from '../model/event.ts'
import { type Fault, fault } from '../model/fault.ts'
import { type Folder, folder } from '../model/reply.ts'
import type { ChatRequest, Tier } from '../model/request.ts'
import { firstCallOnly } from '../model/stream/first-call.ts'
import { type MissingUsage, missingUsage } from '../model/stream/missing-usage.ts'
import { restoreTools } from '../model/stream/restore-tools.ts'
import { sequential } from '../model/stream/sequential.ts'
import { cutAtStop } from '../model/stream/stop-cutter.ts'
import { textFromTool } from '../model/stream/text-from-tool.ts'
import { textFromValue } from '../model/stream/text-from-value.ts'
import { chain, type Transform } from '../model/stream/transform.ts'
import { totalInput, totalOutput, type Usage } from '../model/usage.ts'
import { idInText, idOfAnswer } from './answer-id.ts'
import type { Reception } from './attempt.ts'
import { textWithCost, withCost } from './cost-in-answer.ts'
import type { Carried } from './envelopes.ts'
import type { Answered } from './exchange.ts'
import { type Held, held } from './held.ts'
import { LastText } from './last-text.ts'
import { answerHeaders } from './response-headers.ts'
import { presentable } from './scrub.ts'
import { type Outgoing, sealOutgoing } from './seals-out.ts'
import { makerOf } from './target.ts'
import { terminalResponse } from './terminal-response.ts'

/** Tells an upstream's events to the client in the form that it asked for. */
export interface Teller {
  push(event: ChatEvent): void
  /** Sends what was written since the last flush. */
  flush(): void
  /** No event will come any more; settles the attempt. */
  finish(): void
  /** The client left; `rest` is what the upstream had told already. */
  gone(rest?: readonly ChatEvent[]): void
  /** The client left: what still comes is read for its usage alone. */
  drain(): void
  /** Tokens that have passed, as counted here. */
  readonly counted: number
  /** The answer is complete (or cut by a stop string): further events are ignored. */
  readonly isOver: boolean
}

/** Events pass the repairs that the target made necessary, then the writer of the client's form. */
export function telling(reception: Reception): Teller {
  const { exchange, prepared } = reception
  const ask = prepared.way.kind === 'translate' ? prepared.way.ask : askOf(reception)
  const written = prepared.way.kind === 'translate' ? prepared.way.written : undefined
  const counting = missingUsage(() => estimateRequest(ask))
  const repairs = repairsOf(reception, ask, written, counting)
  return exchange.peek.stream === false
    ? new WholeTeller(reception, ask, { repairs, counting })
    : new StreamTeller(reception, ask, { repairs, counting })
}

/** What the events pass, and the step of it that counts what the upstream does not. */
interface Passage {
  readonly repairs: Transform
  readonly counting: MissingUsage
}

/** Forwarded requests whose answer came in the other form (unary for stream) are read after all. */
function askOf({ exchange }: Reception): ChatRequest {
  const ask = exchange.ask()
  if (ask.ok) return ask.value
  // The upstream accepted what our reader would not: all that is needed is the form of the answer.
  const { model, stream } = exchange.peek
  return {
    format: exchange.client.format,
    model,
    stream,
    system: [],
    turns: [],
    tools: [],
    sampling: {},
    thinking: { mode: 'default' },
    output: { format: { kind: 'text' } },
    identity: {},
    native: {},
    lost: [],
  }
}

/** Only Gemini has a word for a call that does not parse; elsewhere half a call must not look like an answer. */
const malformedCallAsFault: Transform = {
  push: (event) =>
    event.type === 'stop' && event.stop.reason === 'malformed_call'
      ? [{ type: 'fault', fault: fault('internal', 'The model’s tool call could not be parsed.') }]
      : [event],
}

const keptForMs = 48 * 3_600_000

function repairsOf(
  { candidate, exchange }: Reception,
  ask: ChatRequest,
  written: Written | undefined,
  counting: MissingUsage,
): Transform {
  const { client, key, relay } = exchange
  const emulate = written?.emulate
  const isGemini = client.format === 'gemini'
  const isSame = exchange.dialect?.id === candidate.format
  // Without `thinking` Anthropic's clients read `content[0].text`.
  const hidesThinking = client.format === 'anthropic-messages' && ['default', 'off'].includes(ask.thinking.mode)
  const wrap = (carried: readonly Carried[]): string =>
    relay.envelopes.wrap({ maker: makerOf(candidate), channel: candidate.channel.name, carried }, key.id)
  const put = (id: string, carried: readonly Carried[]): void => {
    relay.store.seals.put(key.id, id, wrap(carried), relay.clock() + keptForMs).catch((error: unknown) => {
      // Lost state costs quality, not correctness: the answer goes on.
      relay.log.warn({ err: error }, 'reasoning state was not kept')
    })
  }
  const keep: Outgoing['keep'] = (id, carried, of) => {
    // Gemini CLI keeps the signature of a call, but not that of a text before it, on which the state rides.
    if (of === 'text' || client.format === 'openai-chat' || isGemini || hidesThinking) put(id, carried)
  }
  const lastText = () => new LastText(ask.turns)
  return chain(
    sequential(),
    ...(written && written.tools.size > 0 ? [restoreTools(written.tools)] : []),
    ...(emulate?.firstCallOnly ? [firstCallOnly()] : []),
    ...(emulate?.textFromTool ? [textFromTool(emulate.textFromTool)] : []),
    ...(emulate?.textFromValue ? [textFromValue()] : []),
    ...(emulate?.stop ? [cutAtStop(emulate.stop, ask.sampling.n ?? 1)] : []),
    ...(isGemini ? [] : [malformedCallAsFault]),
    counting,
    ...(isSame ? [] : [sealOutgoing({ format: client.format, wrap, keep, lastText, hidesThinking })]),
  )
}

const contextOf = ({ exchange }: Reception, ask: ChatRequest) => ({
  requestId: exchange.requestId,
  newId: exchange.relay.newId,
  nowSeconds: Math.floor(exchange.relay.clock() / 1000),
  inputEstimate: estimateRequest(ask),
})

/** Folds the events and writes one JSON object. Nothing leaves before the end, so a fault at any time can be retried. */
class WholeTeller implements Teller {
  isOver = false
  readonly #reception: Reception
  readonly #ask: ChatRequest
  readonly #passage: Passage
  readonly #folding: Folder = folder()

  constructor(reception: Reception, ask: ChatRequest, passage: Passage) {
    this.#reception = reception
    this.#ask = ask
    this.#passage = passage
  }

  push(event: ChatEvent): void {
    if (this.isOver) return
    for (const told of this.#passage.repairs.push(event)) {
      this.#folding.push(told)
      this.isOver ||= told.type === 'stop' || told.type === 'fault'
    }
  }

  flush(): void {}

  finish(): void {
    const { candidate, exchange, prepared, settle } = this.#reception
    const folded = this.#folding.result()
    if (!folded.ok) {
      settle({ kind: 'failed', fault: presentable(folded.fault) })
      return
    }
    const written = exchange.client.writeReply(folded.reply, this.#ask, contextOf(this.#reception, this.#ask))
    const { billed, tier, usage } = folded.reply
    const { isEstimate } = this.#passage.counting
    const id = idOfAnswer(written)
    const answered: Answered = {
      usage,
      isUsageEstimated: isEstimate,
      // A whole answer tells its whole usage.
      counted: isAbsurd(usage) ? this.counted : totalOutput(usage),
      hasContent: true,
      lost: prepared.lost,
      ...(tier && { tier }),
      ...(billed !== undefined && { billed }),
      ...(id !== undefined && { id }),
    }
    if (exchange.sink.isGone) {
      settle({ kind: 'gone', answered })
      return
    }
    exchange.explainCost?.(candidate, answered)
    const { tellCost } = exchange
    const json = Buffer.from(JSON.stringify(written))
    const body = tellCost ? withCost(json, exchange.client.format, () => tellCost(candidate, answered)) : json
    exchange.sink.head(200, { ...answerHeaders(exchange, prepared.lost), 'content-length': String(body.length) })
    exchange.sink.end(body)
    exchange.onResponse?.(written, candidate.channel.name)
    settle({ kind: 'answered', answered })
  }

  gone(): void {
    this.#reception.settle({ kind: 'gone' })
  }

  drain(): void {}

  get counted(): number {
    return this.#passage.counting.outputTokens
  }
}

class StreamTeller implements Teller {
  isOver = false
  readonly #reception: Reception
  readonly #passage: Passage
  readonly #writer: EventWriter
  readonly #output: Held
  #usage: Usage | undefined
  #billed: number | undefined
  #tier: Tier | undefined
  #id: string | undefined
  #fault: Fault | undefined
  /** The fault as the client is told. */
  #lastWords: string | undefined
  /** Something of an answer came, or an empty one; a head goes out without, when all is quiet. */
  #hasContent = false
  #hasStopped = false
  #isDraining = false

  constructor(reception: Reception, ask: ChatRequest, passage: Passage) {
    const { exchange, prepared } = reception
    this.#reception = reception
    this.#passage = passage
    this.#writer = exchange.client.eventWriter(ask, contextOf(reception, ask))
    // A JSON array has no place for a sign of life.
    const heartbeat = exchange.peek.stream === 'json-array' ? '' : exchange.client.heartbeat
    this.#output = held(reception, () => answerHeaders(exchange, prepared.lost), heartbeat)
  }

  push(event: ChatEvent): void {
    if (this.isOver) return
    for (const told of this.#passage.repairs.push(event)) if (!this.isOver) this.#tell(told)
  }

  flush(): void {
    this.#output.flush()
  }

  finish(): void {
    if (!this.isOver) throw new Error('a stream of events ended with neither stop nor fault')
    const { settle } = this.#reception
    if (this.#isDraining) {
      settle({ kind: 'gone', answered: this.#answered() })
      return
    }
    if (!this.#output.isCommitted && this.#fault) {
      this.#output.drop()
      settle({ kind: 'failed', fault: this.#fault, answered: this.#answered() })
      return
    }
    this.#output.end(this.#lastWords)
    settle({ kind: 'answered', answered: this.#answered(), ...(this.#fault && { fault: this.#fault }) })
  }

  gone(rest: readonly ChatEvent[] = []): void {
    this.#output.drop()
    for (const event of rest) for (const told of this.#passage.repairs.push(event)) this.#note(told)
    this.#reception.settle({ kind: 'gone', answered: this.#answered() })
  }

  drain(): void {
    this.#isDraining = true
    this.#output.drop()
  }

  #tell(event: ChatEvent): void {
    if (event.type === 'fault') {
      this.#tellFault(event.fault)
      return
    }
    this.#note(event)
    if (this.#isDraining) {
      this.isOver = this.#hasStopped
      return
    }
    const text = this.#withCost(this.#writer.push(event))
    this.#id ??= idInText(text)
    this.#output.write(text)
    if (event.type === 'stop') this.#tellEnd(text)
    // Content has begun: from here on the answer is this upstream's.
    if (event.type === 'open' || event.type === 'stop') {
      this.#hasContent = true
      this.#output.commit()
    }
  }

  #note(event: ChatEvent): void {
    if (event.type === 'start') this.#tier = event.tier
    // Some tell zeros at first because they do not know yet.
    if (event.type === 'start' && event.usage && totalInput(event.usage) > 0) this.#usage = event.usage
    if (event.type === 'usage') {
      this.#usage = event.usage
      this.#billed = event.billed
    }
    if (event.type === 'stop') {
      this.#hasStopped = true
      this.#tier = event.tier ?? this.#tier
    }
  }

  #withCost(text: string): string {
    const { candidate, exchange } = this.#reception
    const { client, tellCost } = exchange
    return tellCost && text !== ''
      ? textWithCost(text, client.format, () => tellCost(candidate, this.#answered()))
      : text
  }

  #tellFault(fault: Fault): void {
    this.isOver = true
    this.#fault = presentable(fault)
    if (this.#output.isCommitted) this.#lastWords = this.#writer.push({ type: 'fault', fault: this.#fault })
  }

  #tellEnd(text: string): void {
    this.isOver = true
    const { candidate, exchange } = this.#reception
    if (exchange.onResponse)
      terminalResponse(text, (response) => exchange.onResponse?.(response, candidate.channel.name))
  }

  #answered(): Answered {
    const { isEstimate } = this.#passage.counting
    const { firstMs } = this.#output
    const { lost } = this.#reception.prepared
    const usage = this.#usage && !isAbsurd(this.#usage) ? this.#usage : undefined
    return {
      usage,
      isUsageEstimated: isEstimate,
      // The vendor knows better, once it has told all.
      counted: usage && this.#hasStopped ? totalOutput(usage) : this.counted,
      // Who drains an answer is billed for it, whether somebody got it or not.
      hasContent: this.#hasContent || (this.#isDraining && this.counted > 0),
      lost,
      firstMs,
      ...(this.#tier && { tier: this.#tier }),
      ...(this.#billed !== undefined && { billed: this.#billed }),
      ...(this.#id !== undefined && { id: this.#id }),
    }
  }

  get counted(): number {
    return this.#passage.counting.outputTokens
  }
}
