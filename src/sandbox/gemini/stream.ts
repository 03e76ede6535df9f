import type { Answer } from '../answer.ts'
import type { Call, Frame } from '../format.ts'
import { tokensOf } from '../tokens.ts'
import type { Untyped } from '../untyped.ts'
import { isArrayStream, writeFaultBody } from './fault.ts'
import { finishReason, writeCalls, writeIdentity, writeSignature, writeThought, writeUsage } from './reply.ts'

/** Chunks of an event stream, or of one array where none was asked for. */
export function* writeStream(call: Call, answers: readonly Answer[]): Generator<Frame> {
  const isArray = isArrayStream(call.url)
  let number = 0
  for (const { chunk, isWord } of chunksOf(call, answers)) {
    yield { text: isArray ? (number === 0 ? '[' : ',\r\n') + chunkText(chunk) : dataText(chunk), isWord }
    number++
  }
  if (isArray) yield { text: ']', isWord: false }
}

/** The error that ends a stream after so many frames. */
export function writeBreak(url: URL, framesSent: number): string {
  const fault = writeFaultBody({ status: 503, message: 'The model is overloaded. Please try again later.' })
  return isArrayStream(url) ? `${framesSent === 0 ? '[' : ',\r\n'}${chunkText(fault)}]` : dataText(fault)
}

const chunkText = (chunk: object): string => `${JSON.stringify(chunk)}\n`
const dataText = (chunk: object): string => `data: ${JSON.stringify(chunk)}\r\n\r\n`

interface Chunk {
  readonly chunk: Untyped
  readonly isWord: boolean
}

function* chunksOf(call: Call, answers: readonly Answer[]): Generator<Chunk> {
  const usage = writeUsage(answers)
  const early = { promptTokenCount: usage.promptTokenCount, totalTokenCount: usage.promptTokenCount }
  for (const [index, answer] of answers.entries()) {
    for (const part of partsOf(call, answer, index)) {
      const candidate = { content: { parts: [part], role: 'model' }, index }
      yield { chunk: { candidates: [candidate], usageMetadata: early, ...writeIdentity(call) }, isWord: true }
    }
    const last = { text: '', ...(answer.calls.length === 0 && writeSignature(answer)) }
    const candidate = { content: { parts: [last], role: 'model' }, finishReason: finishReason(answer.end), index }
    yield { chunk: { candidates: [candidate], usageMetadata: usage, ...writeIdentity(call) }, isWord: false }
  }
}

/** Texts come in words, calls come whole. */
function* partsOf(call: Call, answer: Answer, candidate: number): Generator<Untyped> {
  for (const part of writeThought(call, answer)) {
    for (const text of tokensOf(String(part.text))) yield { ...part, text }
  }
  for (const text of tokensOf(answer.text)) yield { text }
  yield* writeCalls(call, answer, candidate)
}
