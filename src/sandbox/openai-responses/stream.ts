import type { Answer } from '../answer.ts'
import type { Call, Frame } from '../format.ts'
import { mark, namedFrame, word } from '../frames.ts'
import { tokensOf } from '../tokens.ts'
import type { Untyped } from '../untyped.ts'
import {
  type CustomItem,
  type FunctionItem,
  type MessageItem,
  type ReasoningItem,
  type ReplyItem,
  writeItems,
} from './output.ts'
import { writeFrame, writeReply } from './reply.ts'

/** The response told as numbered events. @see https://platform.openai.com/docs/api-reference/responses-streaming */
export function* writeStream(call: Call, answer: Answer): Generator<Frame> {
  let number = 0
  for (const { isWord, type, ...fields } of eventsOf(call, answer)) {
    const text = namedFrame(type, { type, sequence_number: number++, ...fields })
    yield isWord ? word(text) : mark(text)
  }
}

/** The last event of a response that fails after so many others. */
export const writeFailure = (call: Call, number: number): string =>
  namedFrame('response.failed', {
    type: 'response.failed',
    sequence_number: number,
    response: {
      ...writeFrame(call),
      status: 'failed',
      error: { code: 'server_error', message: 'The server had an error while processing your request.' },
    },
  })

interface Event extends Untyped {
  readonly type: string
  readonly isWord?: true
}

function* eventsOf(call: Call, answer: Answer): Generator<Event> {
  yield { type: 'response.created', response: writeFrame(call) }
  yield { type: 'response.in_progress', response: writeFrame(call) }
  for (const [output_index, item] of writeItems(call, answer).entries()) {
    yield { type: 'response.output_item.added', output_index, item: emptied(item) }
    for (const { type, ...fields } of eventsOfItem(item)) yield { type, item_id: item.id, output_index, ...fields }
    yield { type: 'response.output_item.done', output_index, item }
  }
  const response = writeReply(call, answer)
  yield { type: response.status === 'completed' ? 'response.completed' : 'response.incomplete', response }
}

function emptied(item: ReplyItem): object {
  const status = 'in_progress'
  switch (item.type) {
    case 'reasoning':
      return { type: item.type, id: item.id, summary: [], status }
    case 'message':
      return { ...item, content: [], status }
    case 'function_call':
      return { ...item, arguments: '', status }
    case 'custom_tool_call':
      return { ...item, input: '', status }
    case 'tool_search_call':
      return { ...item, arguments: {}, status }
  }
}

function eventsOfItem(item: ReplyItem): Iterable<Event> {
  switch (item.type) {
    case 'reasoning':
      return reasoningEvents(item)
    case 'message':
      return messageEvents(item)
    case 'function_call':
      return functionEvents(item)
    case 'custom_tool_call':
      return customEvents(item)
    case 'tool_search_call':
      return []
  }
}

function* words(text: string, type: string, place: object = {}): Generator<Event> {
  for (const delta of tokensOf(text)) yield { type, ...place, delta, isWord: true }
}

function* reasoningEvents({ summary }: ReasoningItem): Generator<Event> {
  for (const [summary_index, part] of summary.entries()) {
    const place = { summary_index }
    yield { type: 'response.reasoning_summary_part.added', ...place, part: { ...part, text: '' } }
    yield* words(part.text, 'response.reasoning_summary_text.delta', place)
    yield { type: 'response.reasoning_summary_text.done', ...place, text: part.text }
    yield { type: 'response.reasoning_summary_part.done', ...place, part }
  }
}

function* messageEvents({ content: [part] }: MessageItem): Generator<Event> {
  const place = { content_index: 0 }
  if (part.type === 'refusal') {
    yield { type: 'response.content_part.added', ...place, part: { ...part, refusal: '' } }
    yield* words(part.refusal, 'response.refusal.delta', place)
    yield { type: 'response.refusal.done', ...place, refusal: part.refusal }
  } else {
    yield { type: 'response.content_part.added', ...place, part: { ...part, text: '' } }
    yield* words(part.text, 'response.output_text.delta', { ...place, logprobs: [] })
    yield { type: 'response.output_text.done', ...place, text: part.text, logprobs: [] }
  }
  yield { type: 'response.content_part.done', ...place, part }
}

function* functionEvents(item: FunctionItem): Generator<Event> {
  yield* words(item.arguments, 'response.function_call_arguments.delta')
  yield { type: 'response.function_call_arguments.done', arguments: item.arguments, name: item.name }
}

function* customEvents(item: CustomItem): Generator<Event> {
  yield* words(item.input, 'response.custom_tool_call_input.delta')
  yield { type: 'response.custom_tool_call_input.done', input: item.input }
}
