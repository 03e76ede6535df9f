import type { EventWriter, Written } from '../dialects/dialect.ts'
import { estimateRequest } from '../model/estimate.ts'
import type { ChatEvent } from '../model/event.ts'
import { type Fault, fault } from '../model/fault.ts'
import { type Folder, folder } from '../model/reply.ts'
import type { ChatRequest } from '../model/request.ts'
import { firstCallOnly } from '../model/stream/first-call.ts'
import { type MissingUsage, missingUsage } from '../model/stream/missing-usage.ts'
import { restoreTools } from '../model/stream/restore-tools.ts'
import { sequential } from '../model/stream/sequential.ts'
import { cutAtStop } from '../model/stream/stop-cutter.ts'
import { textFromTool } from '../model/stream/text-from-tool.ts'
import { textFromValue } from '../model/stream/text-from-value.ts'
import { chain, type Transform } from '../model/stream/transform.ts'
import type { Usage } from '../model/usage.ts'
import type { Reception } from './attempt.ts'
import type { Carried } from './envelopes.ts'
import { type Held, held } from './held.ts'
import { answerHeaders } from './response-headers.ts'
import { presentable } from './scrub.ts'
import { sealOutgoing } from './seals-out.ts'
import { makerOf } from './target.ts'
import { terminalResponse } from './terminal-response.ts'

/** Tells an upstream's events to the client in the form that it asked for. */
export interface Teller {
  push(event: ChatEvent): void
  /** Sends what was written since the last flush. */
  flush(): void
  /** No event will come any more; settles the attempt. */
  finish(): void
  gone(): void
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
    ? tellWhole(reception, ask, { repairs, counting })
    : tellStream(reception, ask, { repairs, counting })
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
  const keep = (callId: string, carried: readonly Carried[]): void => {
    if (client.format !== 'openai-chat' && !hidesThinking) return
    relay.store.seals.put(key.id, callId, wrap(carried), relay.clock() + keptForMs).catch((error: unknown) => {
      // Lost state costs quality, not correctness: the answer goes on.
      relay.log.warn({ err: error }, 'reasoning state was not kept')
    })
  }
  return chain(
    sequential(),
    ...(written && written.tools.size > 0 ? [restoreTools(written.tools)] : []),
    ...(emulate?.firstCallOnly ? [firstCallOnly()] : []),
    ...(emulate?.textFromTool ? [textFromTool(emulate.textFromTool)] : []),
    ...(emulate?.textFromValue ? [textFromValue()] : []),
    ...(emulate?.stop ? [cutAtStop(emulate.stop, ask.sampling.n ?? 1)] : []),
    ...(isGemini ? [] : [malformedCallAsFault]),
    counting,
    ...(isSame ? [] : [sealOutgoing({ format: client.format, wrap, keep, hidesThinking })]),
  )
}

const contextOf = ({ exchange }: Reception, ask: ChatRequest) => ({
  requestId: exchange.requestId,
  newId: exchange.relay.newId,
  nowSeconds: Math.floor(exchange.relay.clock() / 1000),
  inputEstimate: estimateRequest(ask),
})

/** Folds the events and writes one JSON object. Nothing leaves before the end, so a fault at any time can be retried. */
function tellWhole(reception: Reception, ask: ChatRequest, { counting, repairs }: Passage): Teller {
  const { candidate, exchange, prepared, settle } = reception
  const folding: Folder = folder()
  let isOver = false
  return {
    get isOver() {
      return isOver
    },
    push(event) {
      if (isOver) return
      for (const told of repairs.push(event)) {
        folding.push(told)
        isOver ||= told.type === 'stop' || told.type === 'fault'
      }
    },
    flush() {},
    finish() {
      const folded = folding.result()
      if (!folded.ok) return settle({ kind: 'failed', fault: presentable(folded.fault) })
      const written = exchange.client.writeReply(folded.reply, ask, contextOf(reception, ask))
      const body = Buffer.from(JSON.stringify(written))
      exchange.sink.head(200, { ...answerHeaders(exchange, prepared.lost), 'content-length': String(body.length) })
      exchange.sink.end(body)
      exchange.onResponse?.(written, candidate.channel.name)
      const { usage } = folded.reply
      settle({ kind: 'answered', answered: { usage, isUsageEstimated: counting.isEstimate, lost: prepared.lost } })
    },
    gone: () => settle({ kind: 'gone' }),
  }
}

function tellStream(reception: Reception, ask: ChatRequest, { counting, repairs }: Passage): Teller {
  const { candidate, exchange, prepared, settle } = reception
  const writer: EventWriter = exchange.client.eventWriter(ask, contextOf(reception, ask))
  // A JSON array has no place for a sign of life.
  const heartbeat = exchange.peek.stream === 'json-array' ? '' : exchange.client.heartbeat
  const output: Held = held(reception, () => answerHeaders(exchange, prepared.lost), heartbeat)
  let usage: Usage | undefined
  let end: { fault?: Fault } | undefined

  function onEvent(event: ChatEvent): void {
    if (end) return
    if (event.type === 'usage') usage = event.usage
    if (event.type === 'fault') {
      end = { fault: presentable(event.fault) }
      if (output.isCommitted) output.write(writer.push({ type: 'fault', fault: presentable(event.fault) }))
      return
    }
    const text = writer.push(event)
    if (event.type === 'stop') {
      end = {}
      if (exchange.onResponse)
        terminalResponse(text, (response) => exchange.onResponse?.(response, candidate.channel.name))
    }
    output.write(text)
    // Content has begun: from here on the answer is this upstream's.
    if (event.type === 'open' || event.type === 'stop') output.commit()
  }
  const answered = () => ({ usage, isUsageEstimated: counting.isEstimate, lost: prepared.lost })
  return {
    get isOver() {
      return end !== undefined
    },
    push(event) {
      if (end) return
      for (const told of repairs.push(event)) onEvent(told)
    },
    flush: () => output.flush(),
    finish() {
      if (!end) throw new Error('a stream of events ended with neither stop nor fault')
      if (!output.isCommitted && end.fault) {
        output.drop()
        return settle({ kind: 'failed', fault: end.fault })
      }
      output.end(end.fault !== undefined)
      settle({ kind: 'answered', answered: answered(), ...(end.fault && { fault: end.fault }) })
    },
    gone() {
      output.drop()
      settle({ kind: 'gone', answered: answered() })
    },
  }
}
