import { outputTokens, textOf, thoughtTokens, told, type VendorAnswer, type VendorFormat } from './answer.ts'

const usageOf = (answer: VendorAnswer) => ({
  prompt_tokens: answer.inputTokens,
  completion_tokens: outputTokens(answer),
  total_tokens: answer.inputTokens + outputTokens(answer),
  completion_tokens_details: { reasoning_tokens: thoughtTokens(answer) },
})
const about = { id: 'chatcmpl-1', created: 1_763_000_000, model: 'fake' }
const frame = (more: object): string =>
  `data: ${JSON.stringify({ ...about, object: 'chat.completion.chunk', ...more })}\n\n`
const choice = (delta: object, reason: string | null = null): string =>
  frame({ choices: [{ index: 0, delta, finish_reason: reason }] })

export const chatVendor: VendorFormat = {
  isStream: (_, body) => /"stream":\s*true/.test(body),
  stream(answer) {
    const made = { outputTokens: outputTokens(answer) }
    return [
      { phase: 'start', text: choice({ role: 'assistant', content: '' }), outputTokens: 0 },
      ...told(answer, {
        thought: (text) => choice({ reasoning_content: text }),
        text: (text) => choice({ content: text }),
      }),
      { phase: 'content', text: choice({}, 'stop'), ...made },
      { phase: 'usage', text: frame({ choices: [], usage: usageOf(answer) }), ...made },
      { phase: 'end', text: 'data: [DONE]\n\n', ...made },
    ]
  },
  whole: (answer) => ({
    ...about,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: textOf(answer.texts) }, finish_reason: 'stop' }],
    usage: usageOf(answer),
  }),
}
