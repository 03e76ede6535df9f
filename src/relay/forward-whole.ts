import { isAbsurd } from '../ledger/ending.ts'
import { totalOutput } from '../model/usage.ts'
import { asBuffer } from '../wire/bytes.ts'
import { parseJson } from '../wire/json.ts'
import { locate, splice } from '../wire/splice.ts'
import { idOfAnswer } from './answer-id.ts'
import type { Reception } from './attempt.ts'
import { tellsBilled, withCost, withoutBilled } from './cost-in-answer.ts'
import type { Answered } from './exchange.ts'
import { tokensIn } from './frame-meter.ts'
import { garbage } from './garbage.ts'
import { collect, type Receiver } from './receiver.ts'
import { answerHeaders } from './response-headers.ts'
import { isUnfinished } from './responses-background.ts'
import { presentable } from './scrub.ts'

/** A whole answer of the client's own format: read for its usage, passed on as it came. */
export function forwardWhole(reception: Reception): Receiver {
  const { candidate, exchange, prepared, settle } = reception
  const { dialect, peek, sink } = exchange
  if (!dialect) throw new Error('forwarding needs a dialect')
  return collect(reception, exchange.relay.limits.replyBytes, (bytes) => {
    const parsed = parseJson(bytes)
    if (!parsed.ok) return settle({ kind: 'failed', fault: garbage(bytes) })
    const seen = dialect.forwarding.readReply(parsed.value)
    if (seen.fault) return settle({ kind: 'failed', fault: presentable(seen.fault) })
    if (!seen.hasContent && !seen.hasEnded) return settle({ kind: 'failed', fault: garbage(bytes) })
    const path = dialect.forwarding.replyModel
    const isAliased = candidate.model !== peek.model && locate(bytes, path) !== undefined
    const usage = seen.usage && !isAbsurd(seen.usage) ? seen.usage : undefined
    // A whole answer tells its whole usage.
    const counted = usage ? totalOutput(usage) : tokensIn(bytes, dialect.forwarding.texts.reply)
    // `parseJson` gave an object: readReply finds a fault in anything else.
    const told = parsed.value as Record<string, unknown>
    const own = tellsBilled(told) ? withoutBilled(bytes) : bytes
    // Splicing leaves an object an object.
    const response = own === bytes ? told : (JSON.parse(asBuffer(own).toString()) as Record<string, unknown>)
    const id = idOfAnswer(response)
    const isBegun = exchange.onUnfinished !== undefined && isUnfinished(response)
    const answered: Answered = {
      usage,
      counted: isBegun ? 0 : counted,
      hasContent: true,
      ...(isBegun && { isUnfinished: true }),
      lost: prepared.lost,
      ...(seen.tier && { tier: seen.tier }),
      ...(seen.billed !== undefined && { billed: seen.billed }),
      ...(id !== undefined && { id }),
    }
    const known = isAliased ? { ...response, model: peek.model } : response
    const named = isAliased ? splice(own, [{ path, value: peek.model }]) : own
    const tell = (body: Uint8Array): void => {
      sink.head(200, { ...answerHeaders(exchange, prepared.lost), 'content-length': String(body.length) })
      sink.end(body)
    }
    if (isBegun) {
      exchange.onUnfinished?.(known, candidate).then((unkept) => {
        if (unkept) return settle({ kind: 'failed', fault: unkept })
        if (sink.isGone) return settle({ kind: 'gone' })
        tell(named)
        settle({ kind: 'answered', answered })
      })
      return
    }
    if (sink.isGone) return settle({ kind: 'gone', answered })
    exchange.explainCost?.(candidate, answered)
    const { tellCost } = exchange
    tell(tellCost ? withCost(named, dialect.id, () => tellCost(candidate, answered)) : named)
    exchange.onResponse?.(known, candidate.channel.name)
    settle({ kind: 'answered', answered })
  })
}
