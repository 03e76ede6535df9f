import { type Fault, fault } from '../model/fault.ts'
import type { Reception } from './attempt.ts'
import { frameSource } from './frames.ts'
import type { Receiver } from './receiver.ts'
import { targetOf } from './target.ts'
import type { Teller } from './telling.ts'

/** A streamed answer of another format, frame by frame into the client's. */
export function translateStream(reception: Reception, teller: Teller): Receiver {
  const { candidate, exchange, call } = reception
  const { codec, target } = targetOf(candidate)
  const frames = frameSource(candidate.offer, exchange.relay.limits.replyBytes)
  const reader = codec.eventReader({ target, newId: exchange.relay.newId })
  let isFinished = false
  /** As soon as the answer is told the client has its end; the upstream's connection closes by itself and is kept. */
  const finish = () => {
    if (isFinished) return
    isFinished = true
    teller.finish()
  }
  const abortWith = (broken: Fault) => {
    call.abort()
    teller.push({ type: 'fault', fault: broken })
    finish()
  }
  const read = (cut: () => ReturnType<typeof frames.push>) => {
    let found: ReturnType<typeof frames.push>
    try {
      found = cut()
    } catch (error) {
      // The framing is beyond repair (a line above the limit, a wrong checksum).
      return abortWith(fault('bad_gateway', 'The upstream’s stream cannot be read.', { cause: error }))
    }
    for (const frame of found) for (const event of reader.push(frame)) teller.push(event)
  }
  return {
    data(chunk) {
      if (isFinished) return
      read(() => frames.push(chunk))
      teller.flush()
      if (teller.isOver) return finish()
      const unpaid = exchange.onPassed(teller.counted)
      if (unpaid) abortWith(unpaid)
    },
    end() {
      if (isFinished) return
      read(() => frames.end())
      for (const event of reader.end()) teller.push(event)
      finish()
    },
    broken(broken) {
      if (isFinished) return
      // What was complete before the connection broke is complete: some vendors close without ceremony.
      const last = reader.end()
      const hasEnded = last.some(({ type }) => type === 'stop')
      for (const event of hasEnded ? last : []) teller.push(event)
      if (!hasEnded) teller.push({ type: 'fault', fault: broken })
      finish()
    },
    gone() {
      if (!isFinished) teller.gone(reader.end())
      isFinished = true
    },
    drain() {
      if (!isFinished) teller.drain()
    },
  }
}
