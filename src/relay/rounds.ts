import type { ChatEvent } from '../model/event.ts'
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
    ? continuing(reception, teller, readOn)
    : teller
}

function continuing(reception: Reception, teller: Teller, readOn: ReadOn): Teller {
  let round = 0
  let base = 0
  let usage = noUsage
  let folding = folder()
  let opened = 0
  let said: readonly Part[] = []
  let isWaiting = false

  function pushShifted(event: Extract<ChatEvent, { index: number }>): void {
    folding.push(event)
    if (event.type === 'open') opened = Math.max(opened, event.index + 1)
    teller.push(base === 0 ? event : { ...event, index: event.index + base })
  }
  function onStop(event: Extract<ChatEvent, { type: 'stop' }>): void {
    folding.push(event)
    if (event.stop.reason !== 'pause' || round >= mostRounds) {
      teller.push({ type: 'usage', usage })
      teller.push(event)
      return
    }
    const folded = folding.result()
    said = [...said, ...(folded.ok ? folded.reply.parts : folded.parts)]
    round++
    base += opened
    opened = 0
    folding = folder()
    isWaiting = true
    teller.flush()
    goOn().catch((error: unknown) => broken(error))
  }
  async function goOn(): Promise<void> {
    const next = await nextRound(reception, said)
    isWaiting = false
    if (next.ok) readOn(next.value, self)
    else broken(next.fault.cause ?? next.fault.message)
  }
  function broken(cause: unknown): void {
    isWaiting = false
    teller.push({ type: 'fault', fault: fault('bad_gateway', 'The upstream paused and could not go on.', { cause }) })
    teller.finish()
  }
  const self: Teller = {
    get isOver() {
      return isWaiting || teller.isOver
    },
    push(event) {
      switch (event.type) {
        case 'start':
          if (round === 0) teller.push(event)
          break
        case 'usage':
          usage = addUsage(usage, event.usage)
          break
        case 'stop':
          onStop(event)
          break
        case 'fault':
          teller.push(event)
          break
        default:
          pushShifted(event)
      }
    },
    flush: () => teller.flush(),
    finish() {
      if (!isWaiting) teller.finish()
    },
    gone: () => teller.gone(),
  }
  return self
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
