import type { ChatEvent, StopEvent, UsageEvent } from '../model/event.ts'
import { fault } from '../model/fault.ts'
import type { Part } from '../model/part.ts'
import { folder } from '../model/reply.ts'
import { addUsage, noUsage } from '../model/usage.ts'
import type { Reception } from './attempt.ts'
import { addressed } from './prepare.ts'
import { targetOf } from './target.ts'
import { type Teller, telling } from './telling.ts'

/** Most continuations of one answer. */
const mostRounds = 8

/** Reads the answer of a further round into the same teller. */
export type ReadOn = (reception: Reception, teller: Teller) => void

/**
 * A vendor that runs tools by itself may pause a long turn (Anthropic's `pause_turn`) and wants it sent back to go on. Its own
 * clients know that; for the others the turn is sent back here, and they see one answer with one sum of usage.
 */
export function rounds(reception: Reception, readOn: ReadOn): Teller {
  const teller = telling(reception)
  const { exchange, prepared } = reception
  return prepared.way.kind === 'translate' && exchange.client.format !== 'anthropic-messages'
    ? new Continuing(reception, teller, readOn)
    : teller
}

class Continuing implements Teller {
  readonly #reception: Reception
  readonly #teller: Teller
  readonly #readOn: ReadOn
  #round = 0
  /** Parts of earlier rounds, and of this one. */
  #before = 0
  #opened = 0
  #usage = noUsage
  #billed: number | undefined
  #folding = folder()
  #said: readonly Part[] = []
  #isWaiting = false
  #isDraining = false

  constructor(reception: Reception, teller: Teller, readOn: ReadOn) {
    this.#reception = reception
    this.#teller = teller
    this.#readOn = readOn
  }

  get counted(): number {
    return this.#teller.counted
  }

  get isOver(): boolean {
    return this.#isWaiting || this.#teller.isOver
  }

  push(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        if (this.#round === 0) this.#teller.push(event)
        break
      case 'usage':
        this.#add(event)
        break
      case 'stop':
        this.#onStop(event)
        break
      case 'fault':
        this.#teller.push(event)
        break
      default:
        this.#folding.push(event)
        if (event.type === 'open') this.#opened = Math.max(this.#opened, event.index + 1)
        this.#teller.push(this.#before === 0 ? event : { ...event, index: event.index + this.#before })
    }
  }

  flush(): void {
    this.#teller.flush()
  }

  finish(): void {
    if (!this.#isWaiting) this.#teller.finish()
  }

  gone(rest: readonly ChatEvent[] = []): void {
    for (const event of rest) if (event.type === 'usage') this.#add(event)
    const told = this.#usage === noUsage ? [] : [this.#sum()]
    this.#teller.gone([...told, ...rest.filter(({ type }) => type === 'stop')])
  }

  drain(): void {
    this.#isDraining = true
    this.#teller.drain()
  }

  #add({ billed, usage }: UsageEvent): void {
    // Unless something was told already: what nobody told must stay recognisable.
    this.#usage = this.#usage === noUsage ? usage : addUsage(this.#usage, usage)
    if (billed !== undefined) this.#billed = (this.#billed ?? 0) + billed
  }

  #sum(): UsageEvent {
    return { type: 'usage', usage: this.#usage, ...(this.#billed !== undefined && { billed: this.#billed }) }
  }

  #onStop(event: StopEvent): void {
    // Nobody is asked to go on for a client that has left.
    if (event.stop.reason !== 'pause' || this.#round >= mostRounds || this.#isDraining) {
      this.#teller.push(this.#sum())
      this.#teller.push(event)
      return
    }
    this.#folding.push(event)
    const folded = this.#folding.result()
    this.#said = [...this.#said, ...(folded.ok ? folded.reply.parts : folded.parts)]
    this.#round++
    this.#before += this.#opened
    this.#opened = 0
    this.#folding = folder()
    this.#isWaiting = true
    this.#teller.flush()
    this.#goOn().catch((error: unknown) => this.#break(error))
  }

  async #goOn(): Promise<void> {
    const next = await nextRound(this.#reception, this.#said)
    this.#isWaiting = false
    if (next.ok) this.#readOn(next.value, this)
    else this.#break(next.fault.cause ?? next.fault.message)
  }

  #break(cause: unknown): void {
    this.#isWaiting = false
    this.#teller.push({
      type: 'fault',
      fault: fault('bad_gateway', 'The upstream paused and could not go on.', { cause }),
    })
    this.#teller.finish()
  }
}

/** Asks again with what was said so far, and gives the reception of the answer once its head is there. */
async function nextRound(reception: Reception, said: readonly Part[]) {
  const { candidate, exchange, prepared } = reception
  if (prepared.way.kind !== 'translate') throw new Error('only translated answers are continued here')
  const { codec, target } = targetOf(candidate)
  const { sent } = prepared.way
  const request = { ...sent, turns: [...sent.turns, { role: 'assistant' as const, parts: said }] }
  const written = codec.writeRequest(request, target)
  if (!written.ok) return written
  const { body, headers } = written.value
  const action = exchange.peek.stream === false ? 'unary' : 'stream'
  const ready = await addressed(candidate, action, { body, headers: headers ?? {}, lost: [] })
  if (!ready.ok) return ready
  return { ok: true as const, value: { ...reception, prepared: { ...prepared, request: ready.value.request } } }
}
