import { textOf } from '../../model/history.ts'
import type { Reply } from '../../model/reply.ts'
import { isRecord } from '../../wire/json.ts'
import { mintId } from './ids.ts'
import { inputItems, itemsOf } from './items.ts'
import { bringsTools } from './tools-read.ts'
import { writeUsage } from './usage.ts'

type Body = Readonly<Record<string, unknown>>

const wish = `Summarise this conversation so that another assistant can continue it without having seen it. Keep every
fact, name, number, decision, open question, file path and command that may still matter, what was asked, what has been
done and what is left to do. Write plain text, no greeting and no remarks about this summary.`

/**
 * For upstreams that cannot compact: a request of this format for a summary of the conversation that `body` (of
 * `POST /v1/responses/compact`) holds. Tools are named so that calls in the history are lawful, and may not be called.
 */
export function compactRequest(body: Body): Record<string, unknown> {
  const { model, instructions, tools, reasoning, service_tier, prompt_cache_key } = body
  const kept = { instructions, tools, reasoning, service_tier, prompt_cache_key }
  const items = itemsOf(body).filter((item) => !isTrigger(item))
  const hasTools = (Array.isArray(tools) && tools.length > 0) || items.some(bringsTools)
  return {
    model,
    ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined && value !== null)),
    ...(hasTools && { tool_choice: 'none' }),
    input: [
      ...items,
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: wish.replaceAll('\n', ' ') }] },
    ],
    store: false,
  }
}

/** Whether the client wants, instead of an answer, one `compaction` item that stands for all that was said. */
export const asksCompaction = (body: Body): boolean => isTrigger(itemsOf(body).at(-1))

const isTrigger = (item: unknown): boolean => isRecord(item) && item.type === 'compaction_trigger'

export interface CompactContext {
  readonly newId: () => string
  readonly nowSeconds: number
  /** Makes of the summary what a client may keep and send back: an envelope. */
  readonly seal: (summary: string) => string
}

/**
 * The answer of a compaction: what users said, word for word, and the summary of everything, sealed. It is the next input.
 * @see openai-node `CompactedResponse`
 */
export function compactAnswer(body: Body, reply: Reply, context: CompactContext): Record<string, unknown> {
  const said = inputItems(body).filter((item) => isRecord(item) && item.type === 'message' && item.role === 'user')
  const summary = textOf(reply.parts)
  return {
    id: mintId('resp', context.newId),
    object: 'response.compaction',
    created_at: context.nowSeconds,
    output: [
      ...said.map((item) => ({ ...(isRecord(item) && item), status: 'completed' })),
      { id: mintId('cmp', context.newId), type: 'compaction', encrypted_content: context.seal(summary) },
    ],
    usage: writeUsage(reply.usage),
  }
}
