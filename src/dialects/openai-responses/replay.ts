import { isRecord } from '../../wire/json.ts'
import { writeSse } from '../../wire/sse.ts'
import { listOf } from './reading.ts'

type Body = Readonly<Record<string, unknown>>
type Told = readonly [type: string, fields: Body]

/** The items that are told in words, and what each of their growing fields is before the first word. */
const spoken: readonly unknown[] = ['message', 'reasoning', 'function_call', 'custom_tool_call']
const beginnings: Body = { status: 'in_progress', content: [], summary: [], arguments: '', input: '' }

/**
 * A finished response told once more as a stream (`GET /v1/responses/{id}?stream=true`): the same items and ids, each
 * text in one piece, numbered from 0. `after` leaves out all events up to that number.
 * @see https://platform.openai.com/docs/api-reference/responses/get
 */
export function replay(response: Body, after = -1): string {
  const output = listOf(response.output).filter(isRecord)
  const empty = { ...response, status: 'in_progress', output: [], usage: null, error: null, incomplete_details: null }
  const events: readonly Told[] = [
    ['response.created', { response: empty }],
    ['response.in_progress', { response: empty }],
    ...output.flatMap(itemEvents),
    [`response.${response.status}`, { response }],
  ]
  return events
    .map(([type, fields], at) => ({ event: type, data: JSON.stringify({ type, sequence_number: at, ...fields }) }))
    .slice(after + 1)
    .map(writeSse)
    .join('')
}

function itemEvents(item: Body, index: number): readonly Told[] {
  const place = { item_id: item.id, output_index: index }
  return [
    ['response.output_item.added', { output_index: index, item: spoken.includes(item.type) ? begun(item) : item }],
    ...wordsOf(item).map(([type, fields]): Told => [type, { ...place, ...fields }]),
    ['response.output_item.done', { output_index: index, item }],
  ]
}

function begun({ encrypted_content: _, ...item }: Body): Body {
  const fields = Object.entries(item)
  return Object.fromEntries(
    fields.map(([field, value]) => [field, Object.hasOwn(beginnings, field) ? beginnings[field] : value]),
  )
}

function wordsOf(item: Body): readonly Told[] {
  switch (item.type) {
    case 'message':
      return pieces(item.content, 'content_index', 'response.content_part')
    case 'reasoning':
      return [
        ...pieces(item.summary, 'summary_index', 'response.reasoning_summary_part'),
        ...pieces(item.content, 'content_index', 'response.content_part'),
      ]
    case 'function_call':
      return said('response.function_call_arguments', 'arguments', item.arguments)
    case 'custom_tool_call':
      return said('response.custom_tool_call_input', 'input', item.input)
    default:
      return []
  }
}

const pieces = (parts: unknown, indexField: string, family: string): readonly Told[] =>
  listOf(parts)
    .filter(isRecord)
    .flatMap((part, at) =>
      [
        [`${family}.added`, { part: emptied(part) }] satisfies Told,
        ...textEvents(part),
        [`${family}.done`, { part }] satisfies Told,
      ].map(([type, fields]): Told => [type, { [indexField]: at, ...fields }]),
    )

const emptied = (part: Body): Body =>
  part.type === 'refusal'
    ? { ...part, refusal: '' }
    : {
        ...part,
        text: '',
        ...('annotations' in part && { annotations: [] }),
        ...('logprobs' in part && { logprobs: [] }),
      }

function textEvents(part: Body): readonly Told[] {
  switch (part.type) {
    case 'output_text':
      return said('response.output_text', 'text', part.text, { logprobs: part.logprobs ?? [] })
    case 'refusal':
      return said('response.refusal', 'refusal', part.refusal)
    case 'summary_text':
      return said('response.reasoning_summary_text', 'text', part.text)
    case 'reasoning_text':
      return said('response.reasoning_text', 'text', part.text)
    default:
      return []
  }
}

const said = (family: string, field: string, text: unknown, more: Body = {}): readonly Told[] => [
  [`${family}.delta`, { delta: text, ...more }],
  [`${family}.done`, { [field]: text, ...more }],
]
