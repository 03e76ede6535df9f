import { conversation, resolveReferences } from '../dialects/openai-responses/items.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { Asked, Prologue } from './chat.ts'
import { openSummaries } from './compaction.ts'
import type { Relay } from './relay.ts'
import { unlessAway } from './store-away.ts'

/**
 * The Responses API keeps answers for 30 days unless told not to, and lets a request go on from one. Both are done here,
 * for every upstream: the history is written out in full before the request is planned, so any channel can serve it. Ids
 * are looked up for the key that asks; a vendor's id that we did not hand out is unknown, whoever's it is.
 */
export async function responsesPrologue(asked: Asked): Promise<Result<Prologue>> {
  const expanded = await unlessAway(() => expand(asked))
  if (!expanded.ok) return expanded
  const body = expanded.value
  const isChanged = body !== asked.incoming.body
  const incoming = isChanged ? { ...asked.incoming, body } : asked.incoming
  const bytes = isChanged ? Buffer.from(JSON.stringify(body)) : asked.bytes
  if (body.store === false) return body.background === true ? refuse(unkept) : ok({ incoming, bytes })
  return ok({ incoming, bytes, onResponse: (response, channel) => keep(asked, body, response, channel) })
}

/** As at the format's own vendor: nobody could ask for it. */
const unkept = fault('invalid', 'background: a response that is not stored cannot be asked for later', {
  param: 'background',
})

type Body = Readonly<Record<string, unknown>>

async function expand({ incoming, key, relay }: Asked): Promise<Result<Body>> {
  const { body } = incoming
  const previousId = body.previous_response_id
  let whole: Body = body
  if (previousId !== undefined && previousId !== null) {
    const previous = typeof previousId === 'string' ? await relay.store.responses.find(key.id, previousId) : undefined
    if (!previous)
      return refuse(
        fault('invalid', `Previous response with id '${String(previousId)}' not found.`, {
          param: 'previous_response_id',
          code: 'previous_response_not_found',
        }),
      )
    const output = Array.isArray(previous.response.output) ? previous.response.output : []
    whole = conversation({ input: previous.input, output }, body)
  }
  if (Array.isArray(whole.input)) {
    const opened = openSummaries(relay.envelopes, whole.input, key.id)
    if (!opened.ok) return opened
    if (opened.value.some((item, at) => item !== (whole.input as readonly unknown[])[at]))
      whole = { ...whole, input: opened.value }
  }
  return resolved(relay, key.id, whole)
}

async function resolved(relay: Relay, tenant: string, body: Body): Promise<Result<Body>> {
  const ids = referencesIn(body)
  if (ids.length === 0) return ok(body)
  const found = await relay.store.responses.findItems(tenant, ids)
  const missing = ids.find((id) => !found.has(id))
  if (missing !== undefined)
    return refuse(fault('invalid', `Item with id '${missing}' not found.`, { param: 'input', code: 'item_not_found' }))
  // An item_reference stands in `input`, which is a list then.
  return ok({ ...body, input: resolveReferences(body.input as readonly unknown[], (id) => found.get(id)) })
}

const referencesIn = ({ input }: Body): string[] =>
  Array.isArray(input)
    ? input.flatMap((item: { type?: unknown; id?: unknown } | null) =>
        item?.type === 'item_reference' && typeof item.id === 'string' ? [item.id] : [],
      )
    : []

function keep(
  { key, relay, requestId }: Asked,
  body: Body,
  response: Body,
  channel: string,
): Promise<void> | undefined {
  const { id } = response
  if (typeof id !== 'string') return undefined
  // As a list, without ids of ours: vendors would look for them.
  const { input } = conversation({ input: [], output: [] }, body)
  return relay.store.responses
    .put({
      id,
      tenant: key.id,
      channel,
      createdAtMs: relay.clock(),
      input: Array.isArray(input) ? input : [],
      response,
    })
    .catch((error: unknown) => relay.log.error({ err: error, requestId }, 'a response was not kept'))
}
