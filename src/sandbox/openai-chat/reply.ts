import type { Answer, AnswerCall, AnswerEnd } from '../answer.ts'
import type { Call } from '../format.ts'
import { identifier } from '../hash.ts'
import { tokensOf } from '../tokens.ts'
import { numberOrNone, type Untyped } from '../untyped.ts'

/** A whole completion, a choice for each answer. */
export const writeReply = (call: Call, answers: readonly Answer[]): object => ({
  ...head(call),
  object: 'chat.completion',
  choices: answers.map((answer, index) => ({
    index,
    message: writeMessage(call, answer, index),
    logprobs: writeLogprobs(call, answer),
    finish_reason: finishReason(answer.end),
  })),
  usage: writeUsage(answers),
})

/** What the completion and all chunks of its stream share. */
export const head = (call: Call): Untyped => ({
  id: identifier('chatcmpl-', call.seed),
  created: Math.floor(call.nowMs / 1000),
  model: call.name,
  service_tier: 'default',
  system_fingerprint: null,
})

const REASONS: Readonly<Record<AnswerEnd, string>> = {
  end: 'stop',
  calls: 'tool_calls',
  length: 'length',
  stop: 'stop',
  refusal: 'stop',
  filter: 'content_filter',
}

export const finishReason = (end: AnswerEnd): string => REASONS[end]

function writeMessage(call: Call, answer: Answer, choice: number): Untyped {
  const text = answer.text === '' ? null : answer.text
  const calls = answer.calls.map((item, index) => writeCall(item, callId(call, choice, index)))
  return {
    role: 'assistant',
    content: answer.end === 'refusal' ? null : text,
    refusal: answer.end === 'refusal' ? text : null,
    annotations: [],
    ...(answer.thinking !== undefined && { reasoning_content: answer.thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
}

export const callId = (call: Call, choice: number, index: number): string =>
  identifier('call_', call.seed, `${choice}.${index}`)

/** A call with its arguments; a stream opens it with none. */
export const writeCall = ({ kind, name, input }: AnswerCall, id: string): Untyped =>
  kind === 'custom'
    ? { id, type: 'custom', custom: { name, input } }
    : { id, type: 'function', function: { name, arguments: input } }

/** Usage of all answers together; the prompt is counted once. */
export function writeUsage(answers: readonly Answer[]): Untyped {
  const input = answers[0]?.usage.input ?? 0
  const output = sum(answers.map((answer) => answer.usage.output))
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: answers[0]?.usage.cached ?? 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: sum(answers.map((answer) => answer.usage.thinking)),
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Probabilities of the answer's tokens, or null when nobody asked. */
export const writeLogprobs = (call: Call, { text }: Pick<Answer, 'text'>): Untyped | null =>
  call.body.logprobs === true
    ? {
        content: tokensOf(text).map((token) => writeLogprob(token, numberOrNone(call.body.top_logprobs) ?? 0)),
        refusal: null,
      }
    : null

/** The sandbox is sure of itself; the alternatives are the token with marks behind it. */
const writeLogprob = (token: string, top: number): Untyped => ({
  ...probability(token, 0),
  top_logprobs: Array.from({ length: top }, (_, rank) => probability(token + "'".repeat(rank), rank)),
})

const probability = (token: string, rank: number): Untyped => ({
  token,
  logprob: -0.125 - rank,
  bytes: [...Buffer.from(token)],
})
