import { clientCodecs, dialects, upstreamCodecs } from '../dialects/index.ts'
import { compactRequest } from '../dialects/openai-responses/compact.ts'
import { fault, type Result, refuse } from '../model/fault.ts'
import type { Reply } from '../model/reply.ts'
import { capabilitiesOf } from '../providers/models.ts'
import { parseJson } from '../wire/json.ts'
import type { Candidate } from './candidate.ts'
import { type Asked, type ChatRoute, converse } from './chat.ts'
import { conversationOf } from './conversation.ts'
import { memorySink } from './memory-sink.ts'
import { plan } from './plan.ts'
import { channelsFor } from './reach.ts'

/** Who would answer this conversation in the Responses API itself, and so may shorten it in its own way. */
export function compactor({ incoming, key, relay }: Asked, model: string): Candidate | undefined {
  const { displaced, health, providerOf, random } = relay
  const asked = { model, format: 'openai-responses', hasTools: false, providerOf, health, displaced, random } as const
  // What is compacted is encrypted for the account that said it.
  const conversation = () => conversationOf(incoming, key.id)
  const candidate = plan(channelsFor(relay.snapshot(), key), { ...asked, conversation }).candidates[0]
  return candidate?.format === 'openai-responses' ? candidate : undefined
}

/** The body is whole already: no history is put in. */
const summarising: ChatRoute = { client: clientCodecs['openai-responses'], dialect: dialects['openai-responses'] }

/** Asks the model for a summary of its conversation, for upstreams that cannot compact. */
export async function summaryOf({ incoming, key, pass, relay, requestId }: Asked): Promise<Result<Reply>> {
  const body = compactRequest(incoming.body)
  const sink = memorySink()
  const asked = { key, pass, incoming: { body, headers: incoming.headers }, bytes: Buffer.from(JSON.stringify(body)) }
  const refused = await converse(relay, summarising, asked, sink, requestId, relay.clock())
  if (refused) return refuse(refused)
  const parsed = parseJson(sink.bytes())
  if (!parsed.ok) return refuse(fault('bad_gateway', 'The upstream’s answer broke off.'))
  const codec = upstreamCodecs['openai-responses']
  const model = String(body.model)
  const target = { model, capabilities: capabilitiesOf(model), quirks: codec.quirks }
  return codec.readReply(parsed.value, { target, newId: relay.newId })
}
