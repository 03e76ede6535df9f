import { outputTokens, textOf, thoughtTokens, told, type VendorAnswer, type VendorFormat } from './answer.ts'

const answerWith = (parts: readonly object[], usage: object, reason?: string) => ({
  candidates: [{ content: { role: 'model', parts }, index: 0, ...(reason && { finishReason: reason }) }],
  usageMetadata: usage,
  modelVersion: 'fake',
  responseId: 'answer-1',
})

/** The vendor tells the running total with every chunk. */
const usageAt = (answer: VendorAnswer, made: number) => {
  const thoughts = Math.min(made, thoughtTokens(answer))
  return {
    promptTokenCount: answer.inputTokens,
    candidatesTokenCount: made - thoughts,
    thoughtsTokenCount: thoughts,
    totalTokenCount: answer.inputTokens + made,
  }
}

const frame = (data: object): string => `data: ${JSON.stringify(data)}\r\n\r\n`

export const geminiVendor: VendorFormat = {
  isStream: (path) => path.includes('streamGenerateContent'),
  stream(answer) {
    const say = (more: object) => (text: string, made: number) =>
      frame(answerWith([{ text, ...more }], usageAt(answer, made)))
    const all = outputTokens(answer)
    return [
      { phase: 'start', text: '', outputTokens: 0 },
      ...told(answer, { thought: say({ thought: true }), text: say({}) }),
      { phase: 'usage', text: frame(answerWith([{ text: '' }], usageAt(answer, all), 'STOP')), outputTokens: all },
      { phase: 'end', text: '', outputTokens: all },
    ]
  },
  whole: (answer) => answerWith([{ text: textOf(answer.texts) }], usageAt(answer, outputTokens(answer)), 'STOP'),
}
