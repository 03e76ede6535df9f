import type { Answer, AnswerEnd } from '../answer.ts'
import type { Call } from '../format.ts'
import { hash } from '../hash.ts'
import { mintSeal } from '../seal.ts'
import { asRecord, type Untyped } from '../untyped.ts'

/** A whole answer, a candidate for each. */
export const writeReply = (call: Call, answers: readonly Answer[]): Untyped => ({
  candidates: answers.map((answer, index) => ({
    content: { parts: writeParts(call, answer, index), role: 'model' },
    finishReason: finishReason(answer.end),
    index,
  })),
  usageMetadata: writeUsage(answers),
  ...writeIdentity(call),
})

/** What every chunk of a stream repeats. */
export const writeIdentity = (call: Call): Untyped => ({
  modelVersion: call.name,
  responseId: hash(call.seed).slice(0, 22),
})

const REASONS: Readonly<Record<AnswerEnd, string>> = {
  end: 'STOP',
  calls: 'STOP',
  length: 'MAX_TOKENS',
  stop: 'STOP',
  refusal: 'SAFETY',
  filter: 'SAFETY',
}

export const finishReason = (end: AnswerEnd): string => REASONS[end]

/** Usage of all candidates together. Candidates are counted without their thoughts. */
export function writeUsage(answers: readonly Answer[]): Untyped {
  const sum = (of: (answer: Answer) => number): number => answers.reduce((total, answer) => total + of(answer), 0)
  const [first] = answers
  const prompt = first?.usage.input ?? 0
  const cached = first?.usage.cached ?? 0
  const thoughts = sum(({ usage }) => usage.thinking)
  const candidates = sum(({ usage }) => usage.output) - thoughts
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: candidates,
    totalTokenCount: prompt + candidates + thoughts,
    ...(cached > 0 && { cachedContentTokenCount: cached }),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
  }
}

/** What a signature is for: the call that it stands on, or a text. */
export const signatureSeal = 'generate-content-signature'
export const boundToText = 'text'
export const boundToCall = (name: string): string => `call ${name}`

/** After a thought the first call is signed, or the text where nothing is called. */
function writeParts(call: Call, answer: Answer, candidate: number): readonly Untyped[] {
  const text =
    answer.text === '' ? [] : [{ text: answer.text, ...(answer.calls.length === 0 && writeSignature(answer)) }]
  const parts = [...writeThought(call, answer), ...text, ...writeCalls(call, answer, candidate)]
  return parts.length > 0 ? parts : [{ text: '' }]
}

/** A thought is shown where the request asks to see it. */
export function writeThought(call: Call, { thinking, isRedacted }: Answer): readonly Untyped[] {
  const config = asRecord(asRecord(call.body.generationConfig).thinkingConfig)
  return thinking !== undefined && config.includeThoughts === true && !isRedacted
    ? [{ text: thinking, thought: true }]
    : []
}

export const writeCalls = (call: Call, answer: Answer, candidate: number): readonly Untyped[] =>
  answer.calls.map(({ name, input }, index) => ({
    functionCall: { id: hash(call.seed, `${candidate}.${index}`).slice(0, 8), name, args: JSON.parse(input) },
    ...(index === 0 && writeSignature(answer, boundToCall(name))),
  }))

export const writeSignature = ({ thinking }: Answer, bound = boundToText): Untyped =>
  thinking === undefined ? {} : { thoughtSignature: mintSeal({ kind: signatureSeal, bound }).toString('base64') }
