import { createHash } from 'node:crypto'
import { isRecord } from '../../wire/json.ts'
import { digestId } from './ids.ts'
import { listOf } from './reading.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * The input of a request as the list that `GET /v1/responses/{id}/input_items` shows: a string is a user's message, and
 * every item has an id. Ids that the client left out are made from the item and its place, so that asking twice shows the same.
 */
export const inputItems = (body: Body): unknown[] => itemsOf(body).map(withId)

/** The input as a list, its items as they came. */
export function itemsOf({ input }: Body): readonly unknown[] {
  if (typeof input === 'string')
    return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }]
  return listOf(input)
}

const prefixes: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  function_call_output: 'fco',
  custom_tool_call: 'ctc',
  custom_tool_call_output: 'ctco',
  web_search_call: 'ws',
  compaction: 'cmp',
}

function withId(item: unknown, at: number): unknown {
  if (!isRecord(item)) return item
  const type = typeof item.type === 'string' ? item.type : 'message'
  const content = typeof item.content === 'string' && type === 'message' ? { content: contentList(item) } : {}
  if (typeof item.id === 'string' && item.id !== '') return { ...item, type, ...content }
  const digest = createHash('sha256')
    .update(`${at} ${JSON.stringify(item)}`)
    .digest('hex')
  const prefix = Object.hasOwn(prefixes, type) ? prefixes[type] : 'item'
  return { ...item, type, ...content, id: digestId(prefix ?? 'item', digest) }
}

const contentList = (item: Record<string, unknown>): unknown[] => [
  item.role === 'assistant'
    ? { type: 'output_text', text: item.content, annotations: [] }
    : { type: 'input_text', text: item.content },
]

/** What a response was asked and what it answered. */
export interface Previous {
  readonly input: readonly unknown[]
  readonly output: readonly unknown[]
}

/**
 * The request with everything said before written out in `input`, and without `previous_response_id`.
 * Instructions of the earlier request are not inherited.
 */
export function conversation(previous: Previous, body: Body): Record<string, unknown> {
  const { previous_response_id: _, ...rest } = body
  return { ...rest, input: [...previous.input, ...previous.output, ...itemsOf(body)] }
}

/** Each `item_reference` replaced by the item that it means; one that `lookup` does not know stays. */
export const resolveReferences = (items: readonly unknown[], lookup: (id: string) => unknown): unknown[] =>
  items.map((item) => {
    if (!isReference(item)) return item
    return lookup(item.id) ?? item
  })

/** The type may be left out: an item with an id and nothing else is a reference. */
const isReference = (item: unknown): item is { readonly id: string } =>
  isRecord(item) &&
  typeof item.id === 'string' &&
  (item.type === 'item_reference' ||
    Object.keys(item).every((field) => field === 'id' || (field === 'type' && item.type === null)))
