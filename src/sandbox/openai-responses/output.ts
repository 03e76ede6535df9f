import type { Answer, AnswerCall } from '../answer.ts'
import type { Call } from '../format.ts'
import { hash } from '../hash.ts'
import { mintSeal } from '../seal.ts'
import { asRecord, isGiven } from '../untyped.ts'

/** An output item, whole; a stream opens it empty and fills it. */
export type ReplyItem = ReasoningItem | MessageItem | FunctionItem | CustomItem | SearchItem

export interface ReasoningItem {
  readonly type: 'reasoning'
  readonly id: string
  readonly summary: readonly { readonly type: 'summary_text'; readonly text: string }[]
  readonly encrypted_content: string
  readonly status: string
}

export type MessagePart =
  | {
      readonly type: 'output_text'
      readonly text: string
      readonly annotations: readonly []
      readonly logprobs: readonly []
    }
  | { readonly type: 'refusal'; readonly refusal: string }

export interface MessageItem {
  readonly type: 'message'
  readonly id: string
  readonly role: 'assistant'
  readonly status: string
  readonly content: readonly [MessagePart]
}

export interface FunctionItem {
  readonly type: 'function_call'
  readonly id: string
  readonly call_id: string
  readonly name: string
  readonly namespace?: string
  readonly arguments: string
  readonly status: string
}

export interface CustomItem {
  readonly type: 'custom_tool_call'
  readonly id: string
  readonly call_id: string
  readonly name: string
  readonly namespace?: string
  readonly input: string
  readonly status: string
}

/** A search that the client runs; its arguments are an object. */
export interface SearchItem {
  readonly type: 'tool_search_call'
  readonly id: string
  readonly call_id: string
  readonly execution: 'client'
  readonly arguments: unknown
  readonly status: string
}

export function writeItems(call: Call, answer: Answer): readonly ReplyItem[] {
  const isThinking = answer.thinking !== undefined
  const offset = isThinking ? 1 : 0
  const messages = answer.text === '' ? [] : [writeMessage(answer, itemId('msg_', call, { index: offset, isThinking }))]
  return [
    ...(answer.thinking === undefined ? [] : [writeReasoning(call, answer.thinking, answer.isRedacted)]),
    ...messages,
    ...answer.calls.map((item, at) => writeCall(call, item, { index: offset + messages.length + at, isThinking })),
  ]
}

/** What an encrypted thought is bound to is its item's id. */
export const reasoningSeal = 'responses-reasoning'

interface Place {
  readonly index: number
  readonly isThinking: boolean
}

/** Items of one response share their middle; the last digit says whether a thought went before. */
const itemId = (prefix: string, call: Call, { index, isThinking }: Place): string =>
  `${prefix}sb${hash(call.seed).slice(0, 24)}${index.toString(16).padStart(3, '0')}${isThinking ? 1 : 0}`

/** The middle of an id that was made here and that a thought went before; undefined for any other. */
export const thoughtBefore = (id: string): string | undefined => /^[a-z]+_sb([\da-f]{24})[\da-f]{3}1$/.exec(id)?.[1]

function writeReasoning(call: Call, thinking: string, isRedacted: boolean): ReasoningItem {
  const id = itemId('rs_', call, { index: 0, isThinking: false })
  const isShown = isGiven(asRecord(call.body.reasoning).summary) && !isRedacted
  return {
    type: 'reasoning',
    id,
    summary: isShown ? [{ type: 'summary_text', text: thinking }] : [],
    encrypted_content: mintSeal({ kind: reasoningSeal, bound: id }).toString('base64url'),
    status: 'completed',
  }
}

const writeMessage = ({ text, end }: Answer, id: string): MessageItem => ({
  type: 'message',
  id,
  role: 'assistant',
  status: end === 'length' || end === 'filter' ? 'incomplete' : 'completed',
  content: [
    end === 'refusal'
      ? { type: 'refusal', refusal: text }
      : { type: 'output_text', text, annotations: [], logprobs: [] },
  ],
})

function writeCall(
  call: Call,
  { kind, name, namespace, input }: AnswerCall,
  place: Place,
): FunctionItem | CustomItem | SearchItem {
  const call_id = `call_${hash(call.seed, String(place.index)).slice(0, 24)}`
  if (kind === 'search') {
    const id = itemId('tsc_', call, place)
    return {
      type: 'tool_search_call',
      id,
      call_id,
      execution: 'client',
      arguments: JSON.parse(input),
      status: 'completed',
    }
  }
  const identity = {
    call_id,
    name,
    ...(namespace !== undefined && { namespace }),
    status: 'completed',
  }
  return kind === 'custom'
    ? { type: 'custom_tool_call', id: itemId('ctc_', call, place), ...identity, input }
    : { type: 'function_call', id: itemId('fc_', call, place), ...identity, arguments: input }
}
