import { tell } from '../model/reply.ts'
import { parseJson } from '../wire/json.ts'
import type { Reception } from './attempt.ts'
import { garbage } from './garbage.ts'
import { collect, type Receiver } from './receiver.ts'
import { presentable } from './scrub.ts'
import { targetOf } from './target.ts'
import { telling } from './telling.ts'

/** A whole answer of another format: read, told as events, and written in the client's form. */
export function translateWhole(reception: Reception): Receiver {
  const { candidate, exchange, settle } = reception
  return collect(reception, exchange.relay.limits.replyBytes, (bytes) => {
    const parsed = parseJson(bytes)
    if (!parsed.ok) return settle({ kind: 'failed', fault: garbage(bytes) })
    const { codec, target } = targetOf(candidate)
    const reply = codec.readReply(parsed.value, { target, newId: exchange.relay.newId })
    if (!reply.ok) return settle({ kind: 'failed', fault: presentable(reply.fault) })
    const teller = telling(reception)
    for (const event of tell(reply.value)) teller.push(event)
    teller.finish()
  })
}
