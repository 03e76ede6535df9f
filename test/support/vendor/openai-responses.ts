import {
  outputTokens,
  type Piece,
  textOf,
  thoughtTokens,
  told,
  type VendorAnswer,
  type VendorFormat,
} from './answer.ts'

const about = { id: 'resp_1', object: 'response', created_at: 1_763_000_000, model: 'fake' }
const reasoning = (text: string) => ({
  id: 'rs_1',
  type: 'reasoning',
  summary: text === '' ? [] : [{ type: 'summary_text', text }],
})
const textItem = (text: string) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
})
const whole = (answer: VendorAnswer) => ({
  ...about,
  status: 'completed',
  output: [...(answer.thoughts > 0 ? [reasoning(textOf(answer.thoughts))] : []), textItem(textOf(answer.texts))],
  usage: {
    input_tokens: answer.inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens(answer),
    output_tokens_details: { reasoning_tokens: thoughtTokens(answer) },
    total_tokens: answer.inputTokens + outputTokens(answer),
  },
})

const frame = (type: string, more: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 0, ...more })}\n\n`

/** Numbers the events in their order, as the format wants it. */
function numbered(pieces: readonly Piece[]): Piece[] {
  let at = 0
  const number = (): string => `"sequence_number":${at++}`
  return pieces.map((piece) => ({ ...piece, text: piece.text.replaceAll('"sequence_number":0', number) }))
}

export const responsesVendor: VendorFormat = {
  isStream: (_, body) => /"stream":\s*true/.test(body),
  stream(answer) {
    const made = { outputTokens: outputTokens(answer) }
    const first = frame('response.created', { response: { ...about, status: 'in_progress', output: [] } })
    const at = answer.thoughts > 0 ? 1 : 0
    const summary = { item_id: 'rs_1', output_index: 0, summary_index: 0 }
    const place = { item_id: 'msg_1', output_index: at, content_index: 0 }
    const openThought = (): Piece[] => [
      {
        phase: 'start',
        text:
          frame('response.output_item.added', { output_index: 0, item: reasoning('') }) +
          frame('response.reasoning_summary_part.added', { ...summary, part: { type: 'summary_text', text: '' } }),
        outputTokens: 0,
      },
    ]
    const opened = at > 0 ? openThought() : []
    const said = told(answer, {
      thought: (delta) => frame('response.reasoning_summary_text.delta', { ...summary, delta }),
      text: (delta) => frame('response.output_text.delta', { ...place, delta }),
    })
    const thought = thoughtTokens(answer)
    const thoughtText = textOf(answer.thoughts)
    const closed: Piece[] =
      at === 0
        ? []
        : [
            {
              phase: 'thinking',
              text:
                frame('response.reasoning_summary_text.done', { ...summary, text: thoughtText }) +
                frame('response.output_item.done', {
                  output_index: 0,
                  item: reasoning(thoughtText),
                }),
              outputTokens: thought,
            },
          ]
    const added: Piece = {
      phase: 'content',
      text:
        frame('response.output_item.added', {
          output_index: at,
          item: { ...textItem(''), status: 'in_progress', content: [] },
        }) +
        frame('response.content_part.added', { ...place, part: { type: 'output_text', text: '', annotations: [] } }),
      outputTokens: thought,
    }
    const text = textOf(answer.texts)
    const last =
      frame('response.output_text.done', { ...place, text }) +
      frame('response.content_part.done', { ...place, part: textItem(text).content[0] }) +
      frame('response.output_item.done', { output_index: at, item: textItem(text) })
    return numbered([
      { phase: 'start', text: first, outputTokens: 0 },
      ...opened,
      ...said.filter(({ phase }) => phase === 'thinking'),
      ...closed,
      added,
      ...said.filter(({ phase }) => phase === 'content'),
      { phase: 'content', text: last, ...made },
      // Usage comes with the end in this format.
      { phase: 'usage', text: frame('response.completed', { response: whole(answer) }), ...made },
      { phase: 'end', text: '', ...made },
    ])
  },
  whole,
}
