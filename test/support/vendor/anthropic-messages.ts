import { outputTokens, type Piece, textOf, told, type VendorAnswer, type VendorFormat } from './answer.ts'

const frame = (type: string, more: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`
const opened = (index: number, block: object): string => frame('content_block_start', { index, content_block: block })
const message = (answer: VendorAnswer, output: number) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'fake',
  stop_sequence: null,
  usage: { input_tokens: answer.inputTokens, output_tokens: output },
})

export const anthropicVendor: VendorFormat = {
  isStream: (_, body) => /"stream":\s*true/.test(body),
  stream(answer) {
    const all = outputTokens(answer)
    const at = answer.thoughts > 0 ? 1 : 0
    const delta = (index: number, inner: object): string => frame('content_block_delta', { index, delta: inner })
    const middle = told(answer, {
      thought: (thinking) => delta(0, { type: 'thinking_delta', thinking }),
      text: (text) => delta(at, { type: 'text_delta', text }),
    })
    const begin = frame('message_start', { message: { ...message(answer, 1), content: [], stop_reason: null } })
    const thoughts = middle.filter(({ phase }) => phase === 'thinking')
    const texts = middle.filter(({ phase }) => phase === 'content')
    const thinking: Piece[] =
      thoughts.length === 0
        ? []
        : [
            { phase: 'start', text: opened(0, { type: 'thinking', thinking: '', signature: '' }), outputTokens: 0 },
            ...thoughts,
            {
              phase: 'thinking',
              text:
                delta(0, { type: 'signature_delta', signature: 'c2lnbmVk'.repeat(100) }) +
                frame('content_block_stop', { index: 0 }),
              outputTokens: thoughts.at(-1)?.outputTokens ?? 0,
            },
          ]
    const made = { outputTokens: all }
    return [
      { phase: 'start', text: begin, outputTokens: 0 },
      ...thinking,
      {
        phase: 'content',
        text: opened(at, { type: 'text', text: '' }),
        outputTokens: thoughts.at(-1)?.outputTokens ?? 0,
      },
      ...texts,
      { phase: 'content', text: frame('content_block_stop', { index: at }), ...made },
      {
        phase: 'usage',
        text: frame('message_delta', {
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: { output_tokens: all },
        }),
        ...made,
      },
      { phase: 'end', text: frame('message_stop'), ...made },
    ]
  },
  whole: (answer) => ({
    ...message(answer, outputTokens(answer)),
    stop_reason: 'end_turn',
    content: [{ type: 'text', text: textOf(answer.texts) }],
  }),
}
