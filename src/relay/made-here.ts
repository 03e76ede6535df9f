import { clientCodecs } from '../dialects/index.ts'
import { replay } from '../dialects/openai-responses/replay.ts'
import { estimateRequest } from '../model/estimate.ts'
import type { Fault, Result } from '../model/fault.ts'
import type { Reply } from '../model/reply.ts'
import type { Asked } from './chat.ts'
import type { Exchange } from './exchange.ts'
import { answerHeaders } from './response-headers.ts'
import type { Sink } from './sink.ts'

interface Telling {
  readonly asked: Asked
  readonly sink: Sink
  readonly onResponse: Exchange['onResponse']
}

/** Tells a Responses client a reply that no upstream made, in the form that it asked for. */
export async function madeHere(telling: Telling, make: () => Promise<Result<Reply>>): Promise<Fault | undefined> {
  const { asked, onResponse, sink } = telling
  const { incoming, relay, requestId } = asked
  const client = clientCodecs['openai-responses']
  const ask = client.readRequest(incoming)
  if (!ask.ok) return ask.fault
  const reply = await make()
  if (!reply.ok) return reply.fault
  const nowSeconds = Math.floor(relay.clock() / 1000)
  const context = { requestId, newId: relay.newId, nowSeconds, inputEstimate: estimateRequest(ask.value) }
  const { model, stream } = ask.value
  const written = client.writeReply(reply.value, ask.value, context)
  // An answer that says nothing has an empty message, so that there is something to show; here nothing is meant.
  const response = reply.value.parts.length === 0 ? { ...written, output: [] } : written
  onResponse?.(response, '')
  sink.head(200, answerHeaders({ client, pass: asked.pass, relay, requestId, peek: { model, stream } }, []))
  sink.end(stream === false ? JSON.stringify(response) : replay(response))
  return undefined
}
