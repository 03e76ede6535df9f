import { isAbsurd } from '../ledger/ending.ts'
import { type Fault, fault } from '../model/fault.ts'
import { totalInput, totalOutput } from '../model/usage.ts'
import { idInText } from './answer-id.ts'
import type { Reception } from './attempt.ts'
import { frameWithCost, frameWithoutBilled } from './cost-in-answer.ts'
import type { Answered } from './exchange.ts'
import { FrameMeter } from './frame-meter.ts'
import { type Frame, frameSource } from './frames.ts'
import { held } from './held.ts'
import { jsonArray } from './json-array.ts'
import type { Receiver } from './receiver.ts'
import { renameFrame } from './rename-frame.ts'
import { answerHeaders } from './response-headers.ts'
import { presentable } from './scrub.ts'
import { responseOf } from './terminal-response.ts'
import { beginningOf } from './unfinished.ts'

/**
 * A streamed answer of the client's own format: whole frames go out as they came, read only for usage, for how the
 * answer ends, and for the name of an alias. No sign of life is added: the bytes are the vendor's.
 */
export function forwardStream(reception: Reception): Receiver {
  const { call, candidate, exchange, prepared, settle } = reception
  const { peek, requestId, tellCost } = exchange
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
  const meter = new FrameMeter(forwarding.texts.frame)
  /** Events passed on, for formats that number them. */
  let count = 0
  let id: string | undefined
  let looked = 0
  let isOver = false
  let isDraining = false
  /** Its vendor goes on with it even when its client leaves. */
  let isBeginning = exchange.incoming.body.background === true

  function see(given: Frame): void {
    const frame = watched(given)
    if (watcher.seen.fault || isDraining) return
    if (isBeginning && exchange.onUnfinished) {
      const response = beginningOf(frame.data)
      isBeginning = !response
      if (response) exchange.onUnfinished(isAliased ? { ...response, model: peek.model } : response, candidate)
    }
    if (exchange.onResponse) {
      const response = responseOf(frame)
      if (response)
        exchange.onResponse(isAliased ? { ...response, model: peek.model } : response, candidate.channel.name)
    }
    if (hideUsageChunk && watcher.isUsageChunk) return
    pass(frame)
  }
  /** The frame as it may be passed on. */
  function watched(frame: Frame): Frame {
    const { tellings } = watcher
    watcher.see(frame)
    meter.add(frame.raw)
    if (watcher.tellings === tellings) return frame
    // Some tell the running total with every frame, which then grow with its digits.
    const isLooked = watcher.tellings % lookEveryTellings === 0
    meter.told(isLooked && watcher.seen.usage ? totalOutput(watcher.seen.usage) : undefined)
    return frameWithoutBilled(frame)
  }
  function pass(frame: Frame): void {
    if (frame.event !== undefined) count++
    if (id === undefined && looked++ < firstFrames) id = idInText(frame.data)
    const named = isAliased ? renameFrame(frame, forwarding.frameModel, peek.model) : frame
    const told = tellCost ? frameWithCost(named, client.format, () => tellCost(candidate, answered())) : named
    output.write(array ? array.element(told) : told.raw)
  }
  function finish(cut?: Fault): void {
    if (isOver) return
    isOver = true
    if (isDraining) {
      settle({ kind: 'gone', answered: answered() })
      return
    }
    const { seen } = watcher
    const broken = seen.fault ? presentable(seen.fault) : seen.hasEnded ? undefined : cut
    if (broken && !output.isCommitted) {
      output.drop()
      settle({ kind: 'failed', fault: broken, answered: answered() })
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
      answered: answered(),
      ...(broken && { fault: broken }),
    })
  }
  function answered(): Answered {
    const { billed, fault: broken, hasContent, hasEnded, tier, usage: told } = watcher.seen
    // Some tell zeros at first because they do not know yet.
    const usage = told && !isAbsurd(told) && (meter.isTold || totalInput(told) > 0) ? told : undefined
    return {
      usage,
      counted: usage ? meter.tokensAfter(totalOutput(usage)) : meter.tokens,
      // A head that went out because all was quiet is no answer; an empty answer is one, if somebody got it.
      hasContent: hasContent || (hasEnded && !broken && !isDraining),
      lost: prepared.lost,
      ...(tier && { tier }),
      ...(billed !== undefined && { billed }),
      firstMs: output.firstMs,
      ...(id !== undefined && { id }),
    }
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
      if (!isDraining) {
        if (watcher.seen.hasContent || watcher.seen.hasEnded) output.commit()
        output.flush()
      }
      const unpaid = exchange.onPassed(meter.roughly)
      if (!unpaid) return
      call.abort()
      finish(unpaid)
    },
    end() {
      if (isOver) return
      // A frame without its blank line is whole only if it was the last; half a frame is not passed on.
      for (const given of frames.end()) {
        const frame = watched(given)
        if (watcher.seen.hasEnded && !watcher.seen.fault && !isDraining) pass(frame)
      }
      finish(fault('bad_gateway', 'The upstream’s answer broke off.'))
    },
    broken: (broken) => finish(broken),
    gone() {
      if (isOver) return
      isOver = true
      output.drop()
      settle({ kind: 'gone', answered: answered() })
    },
    drain() {
      isDraining = true
      output.drop()
    },
  }
}

/** Usage is only decoded when it is looked at. */
const lookEveryTellings = 32

/** Some vendors begin with a frame that has no id yet. */
const firstFrames = 4
