import type { Fault } from '../model/fault.ts'
import { tell } from '../model/reply.ts'
import { parseJson } from '../wire/json.ts'
import type { Reception } from './attempt.ts'
import { garbage } from './garbage.ts'
import { collect, type Receiver } from './receiver.ts'
import { targetOf } from './target.ts'
import type { Teller } from './telling.ts'

/** A whole answer of another format: read, told as events, and written in the client's form. */
export function translateWhole(reception: Reception, teller: Teller): Receiver {
  const { call, candidate, exchange } = reception
  const fail = (failed: Fault): void => {
    teller.push({ type: 'fault', fault: failed })
    teller.finish()
  }
  const settle: Reception['settle'] = (outcome) => (outcome.kind === 'failed' ? fail(outcome.fault) : teller.gone())
  return collect({ call, settle }, exchange.relay.limits.replyBytes, (bytes) => {
    const parsed = parseJson(bytes)
    if (!parsed.ok) return fail(garbage(bytes))
    const { codec, target } = targetOf(candidate)
    const reply = codec.readReply(parsed.value, { target, newId: exchange.relay.newId })
    if (!reply.ok) return fail(reply.fault)
    for (const event of tell(reply.value)) teller.push(event)
    teller.finish()
  })
}
