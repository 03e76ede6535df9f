import { type Fault, fault } from '../model/fault.ts'
import type { Reception } from './attempt.ts'
import { type Frame, frameSource } from './frames.ts'
import { held } from './held.ts'
import { jsonArray } from './json-array.ts'
import type { Receiver } from './receiver.ts'
import { renameFrame } from './rename-frame.ts'
import { answerHeaders } from './response-headers.ts'
import { presentable } from './scrub.ts'
import { responseOf } from './terminal-response.ts'

/**
 * A streamed answer of the client's own format: whole frames go out as they came, read only for usage, for how the
 * answer ends, and for the name of an alias. No sign of life is added: the bytes are the vendor's.
 */
export function forwardStream(reception: Reception): Receiver {
  const { call, candidate, exchange, prepared, settle } = reception
  const { peek, requestId } = exchange
  const dialect = exchange.dialect
  if (!dialect || peek.stream === false || prepared.way.kind !== 'forward') throw new Error('not a forwarded stream')
  const { client, forwarding } = dialect
  const form = peek.stream
  const { hideUsageChunk } = prepared.way
  const watcher = forwarding.watcher()
  const frames = frameSource(candidate.offer, exchange.relay.limits.replyBytes)
  const output = held(reception, () => answerHeaders(exchange, prepared.lost), '')
  const isAliased = candidate.model !== peek.model
  const array = form === 'json-array' ? jsonArray() : undefined
  /** Events passed on, for formats that number them. */
  let count = 0
  let isOver = false

  function see(frame: Frame): void {
    watcher.see(frame)
    if (watcher.seen.fault) return
    if (exchange.onResponse) {
      const response = responseOf(frame)
      if (response)
        exchange.onResponse(isAliased ? { ...response, model: peek.model } : response, candidate.channel.name)
    }
    if (hideUsageChunk && watcher.isUsageChunk) return
    pass(frame)
  }
  function pass(frame: Frame): void {
    if (frame.event !== undefined) count++
    const told = isAliased ? renameFrame(frame, forwarding.frameModel, peek.model) : frame
    output.write(array ? array.element(told) : told.raw)
  }
  function finish(cut?: Fault): void {
    if (isOver) return
    isOver = true
    const { seen } = watcher
    const broken = seen.fault ? presentable(seen.fault) : seen.hasEnded ? undefined : cut
    if (broken && !output.isCommitted) {
      output.drop()
      settle({ kind: 'failed', fault: broken })
      return
    }
    if (broken) {
      const told = client.faultFrame(broken, requestId, form, count - 1)
      output.end(array ? array.broken(told) : told)
    } else {
      if (array) output.write(array.end())
      output.end()
    }
    settle({
      kind: 'answered',
      answered: { usage: seen.usage, lost: prepared.lost },
      ...(broken && { fault: broken }),
    })
  }
  return {
    data(chunk) {
      if (isOver) return
      try {
        for (const frame of frames.push(chunk)) see(frame)
      } catch (error) {
        call.abort()
        return finish(fault('bad_gateway', 'The upstream’s stream cannot be read.', { cause: error }))
      }
      if (watcher.seen.fault) {
        call.abort()
        return finish()
      }
      if (watcher.seen.hasContent || watcher.seen.hasEnded) output.commit()
      output.flush()
    },
    end() {
      if (isOver) return
      // A frame without its blank line is whole only if it was the last; half a frame is not passed on.
      for (const frame of frames.end()) {
        watcher.see(frame)
        if (watcher.seen.hasEnded && !watcher.seen.fault) pass(frame)
      }
      finish(fault('bad_gateway', 'The upstream’s answer broke off.'))
    },
    broken: (broken) => finish(broken),
    gone() {
      if (isOver) return
      isOver = true
      output.drop()
      settle({ kind: 'gone', answered: { usage: watcher.seen.usage, lost: prepared.lost } })
    },
  }
}
