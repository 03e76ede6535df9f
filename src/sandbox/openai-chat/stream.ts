import type { Answer, AnswerCall } from '../answer.ts'
import type { Call, Frame } from '../format.ts'
import { dataFrame, mark, word } from '../frames.ts'
import { tokensOf } from '../tokens.ts'
import { asRecord, type Untyped } from '../untyped.ts'
import { callId, finishReason, head, writeCall, writeLogprobs, writeUsage } from './reply.ts'

/** The completion in chunks, one word each; choice after choice. */
export function* writeStream(call: Call, answers: readonly Answer[]): Generator<Frame> {
  const hasUsage = asRecord(call.body.stream_options).include_usage === true
  const chunk = (choices: readonly object[]): string =>
    dataFrame({ ...head(call), object: 'chat.completion.chunk', choices, ...(hasUsage && { usage: null }) })
  for (const [index, answer] of answers.entries()) {
    for (const { isWord, ...choice } of choicesOf(call, answer, index)) {
      const text = chunk([{ index, delta: {}, logprobs: null, finish_reason: null, ...choice }])
      yield isWord ? word(text) : mark(text)
    }
  }
  if (hasUsage) {
    yield mark(dataFrame({ ...head(call), object: 'chat.completion.chunk', choices: [], usage: writeUsage(answers) }))
  }
  yield mark('data: [DONE]\n\n')
}

interface Choice {
  readonly delta?: Untyped
  readonly logprobs?: Untyped | null
  readonly finish_reason?: string
  readonly isWord: boolean
}

function* choicesOf(call: Call, answer: Answer, choice: number): Generator<Choice> {
  const field = answer.end === 'refusal' ? 'refusal' : 'content'
  yield {
    delta: { role: 'assistant', content: field === 'content' && answer.text !== '' ? '' : null, refusal: null },
    isWord: false,
  }
  for (const piece of tokensOf(answer.thinking ?? '')) yield { delta: { reasoning_content: piece }, isWord: true }
  for (const piece of tokensOf(answer.text)) {
    yield { delta: { [field]: piece }, logprobs: writeLogprobs(call, { text: piece }), isWord: true }
  }
  for (const [index, item] of answer.calls.entries()) yield* callChunks(item, callId(call, choice, index), index)
  yield { finish_reason: finishReason(answer.end), isWord: false }
}

/** Identity once, in the first chunk; then only arguments. */
function* callChunks(item: AnswerCall, id: string, index: number): Generator<Choice> {
  yield { delta: { tool_calls: [{ index, ...writeCall({ ...item, input: '' }, id) }] }, isWord: false }
  for (const piece of tokensOf(item.input)) {
    const part = item.kind === 'custom' ? { custom: { input: piece } } : { function: { arguments: piece } }
    yield { delta: { tool_calls: [{ index, ...part }] }, isWord: true }
  }
}
