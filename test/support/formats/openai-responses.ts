import { type Format, frames, type Json, type View, type WishedTurn } from './format.ts'

export const openaiResponses: Format = {
  ask(wish) {
    return {
      path: '/v1/responses',
      body: {
        model: wish.model,
        store: false,
        include: ['reasoning.encrypted_content'],
        ...(wish.stream && { stream: true }),
        ...(wish.system && { instructions: wish.system }),
        ...(wish.maxOutput && { max_output_tokens: wish.maxOutput }),
        ...(wish.thinking && { reasoning: { effort: 'medium', summary: 'auto' } }),
        ...(wish.temperature !== undefined && { temperature: wish.temperature }),
        ...(wish.schema && {
          text: { format: { type: 'json_schema', name: 'answer', schema: wish.schema, strict: true } },
        }),
        ...(wish.tools && {
          tools: wish.tools.map(({ name, description, schema }) => ({
            type: 'function',
            name,
            description,
            parameters: schema,
            strict: false,
          })),
        }),
        ...(wish.choice && {
          tool_choice: typeof wish.choice === 'object' ? { type: 'function', name: wish.choice.name } : wish.choice,
        }),
        input: wish.turns.flatMap(itemsOf),
      },
    }
  },
  view,
  viewStream(text) {
    const items: Json[] = []
    let last: Json | undefined
    let next = 0
    for (const { event, data } of frames(text)) {
      if (event !== data.type) throw new Error(`event ${event} holds ${data.type}`)
      if (last) throw new Error(`${event} after the end`)
      if (data.sequence_number !== next++) throw new Error(`sequence number ${data.sequence_number} at ${next - 1}`)
      if (next === 1 && event !== 'response.created') throw new Error(`${event} came first`)
      if (event === 'response.output_item.done') items[data.output_index] = data.item
      if (event === 'response.completed' || event === 'response.incomplete') last = data.response
      if (event === 'response.failed' || event === 'error') throw new Error(JSON.stringify(data))
    }
    if (!last) throw new Error('the stream ended without response.completed')
    // Codex reads the items that were done, the SDK the last snapshot: both must say the same.
    if (JSON.stringify(items) !== JSON.stringify(last.output)) throw new Error('items and snapshot differ')
    return view(last)
  },
}

function itemsOf(turn: WishedTurn): Json[] {
  if ('answer' in turn) return [...turn.answer.history]
  if ('results' in turn)
    return turn.results.map(({ call, text }) => ({ type: 'function_call_output', call_id: call.id, output: text }))
  return [
    {
      type: 'message',
      role: 'user',
      content: [
        ...(turn.png ? [{ type: 'input_image', image_url: `data:image/png;base64,${turn.png}` }] : []),
        ...(turn.pdf
          ? [{ type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${turn.pdf}` }]
          : []),
        { type: 'input_text', text: turn.user },
      ],
    },
  ]
}

function view(body: Json): View {
  const output: Json[] = body.output
  const of = (...types: string[]) => output.filter(({ type }) => types.includes(type))
  const calls = of('function_call', 'custom_tool_call', 'apply_patch_call').map((item) => ({
    id: item.call_id,
    name: item.name ?? 'apply_patch',
    input: item.operation ?? item.input ?? JSON.parse(item.arguments),
  }))
  const reason = body.incomplete_details?.reason
  return {
    text: of('message')
      .flatMap(({ content }) => content.map((part: Json) => part.text ?? ''))
      .join(''),
    thinking: of('reasoning')
      .flatMap(({ summary, content }) => [...summary, ...(content ?? [])].map((part: Json) => part.text))
      .join(''),
    calls,
    stop: reason === 'max_output_tokens' ? 'length' : (reason ?? (calls.length > 0 ? 'tool_calls' : 'end')),
    model: body.model,
    usage: {
      input: body.usage.input_tokens,
      output: body.usage.output_tokens,
      cached: body.usage.input_tokens_details.cached_tokens,
      reasoning: body.usage.output_tokens_details.reasoning_tokens,
    },
    history: output,
  }
}
