import { totalOutput } from '../model/usage.ts'
import { parseJson } from '../wire/json.ts'
import { locate, splice } from '../wire/splice.ts'
import { idOfAnswer } from './answer-id.ts'
import type { Reception } from './attempt.ts'
import { withCost } from './cost-in-answer.ts'
import type { Answered } from './exchange.ts'
import { garbage } from './garbage.ts'
import { collect, type Receiver } from './receiver.ts'
import { answerHeaders } from './response-headers.ts'
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
    // A whole answer tells its whole usage.
    const counted = seen.usage ? totalOutput(seen.usage) : Math.ceil(bytes.length / bytesPerToken)
    // `parseJson` gave an object: readReply finds a fault in anything else.
    const response = parsed.value as Record<string, unknown>
    const id = idOfAnswer(response)
    const answered: Answered = {
      usage: seen.usage,
      counted,
      hasContent: true,
      lost: prepared.lost,
      ...(id !== undefined && { id }),
    }
    if (sink.isGone) return settle({ kind: 'gone', answered })
    const named = isAliased ? splice(bytes, [{ path, value: peek.model }]) : bytes
    exchange.explainCost?.(candidate, answered)
    const { tellCost } = exchange
    const body = tellCost ? withCost(named, dialect.id, () => tellCost(candidate, answered)) : named
    sink.head(200, { ...answerHeaders(exchange, prepared.lost), 'content-length': String(body.length) })
    sink.end(body)
    exchange.onResponse?.(isAliased ? { ...response, model: peek.model } : response, candidate.channel.name)
    settle({ kind: 'answered', answered })
  })
}

/** A rough figure for the vendors that tell no usage. */
const bytesPerToken = 5
