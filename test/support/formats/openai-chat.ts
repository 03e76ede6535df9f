import { type Format, frames, type Json, type View, type WishedTurn } from './format.ts'

const stops: Record<string, string> = { stop: 'end', length: 'length', tool_calls: 'tool_calls' }

export const openaiChat: Format = {
  ask(wish) {
    return {
      path: '/v1/chat/completions',
      body: {
        model: wish.model,
        ...(wish.stream && { stream: true, stream_options: { include_usage: true } }),
        ...(wish.maxOutput && { max_completion_tokens: wish.maxOutput }),
        ...(wish.thinking && { reasoning_effort: 'medium' }),
        ...(wish.temperature !== undefined && { temperature: wish.temperature }),
        ...(wish.stop && { stop: wish.stop }),
        ...(wish.schema && {
          response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: wish.schema, strict: true } },
        }),
        ...(wish.tools && {
          tools: wish.tools.map(({ name, description, schema }) => ({
            type: 'function',
            function: { name, description, parameters: schema },
          })),
        }),
        ...(wish.choice && {
          tool_choice:
            typeof wish.choice === 'object' ? { type: 'function', function: { name: wish.choice.name } } : wish.choice,
        }),
        messages: [
          ...(wish.system ? [{ role: 'system', content: wish.system }] : []),
          ...wish.turns.flatMap(messagesOf),
        ],
      },
    }
  },
  view,
  viewStream(text) {
    if (!/data: \[DONE\]\s*$/.test(text)) throw new Error('the stream ended without [DONE]')
    if (/^data:[ \t]*$/m.test(text)) throw new Error('an empty payload is no JSON to a client')
    const message: Json = { content: '', reasoning_content: '', tool_calls: [] }
    let finish: string | undefined
    let usage: Json | undefined
    let first: Json | undefined
    for (const { data, event, raw } of frames(text)) {
      if (event) throw new Error('chat streams have no event names')
      if (raw === '[DONE]') break
      if (data.error) throw new Error(JSON.stringify(data.error))
      first ??= data
      if (data.id !== first?.id || data.created !== first?.created || data.model !== first?.model)
        throw new Error('id, created or model changed in the middle')
      if (data.usage) usage = data.usage
      const [choice] = data.choices
      if (!choice) continue
      if (choice.finish_reason) {
        if (finish) throw new Error('a second finish_reason')
        finish = choice.finish_reason
      }
      const { delta } = choice
      if (delta.reasoning_content && (message.content || message.tool_calls.length)) message.isLate = true
      message.role = delta.role ?? message.role
      message.content += delta.content ?? ''
      message.reasoning_content += delta.reasoning_content ?? ''
      if (delta.reasoning_details)
        message.reasoning_details = [...(message.reasoning_details ?? []), ...delta.reasoning_details]
      for (const call of delta.tool_calls ?? []) addCall(message.tool_calls, call)
    }
    if (!message.role || !finish) throw new Error('no role or no finish_reason')
    if (message.tool_calls.length === 0) delete message.tool_calls
    return view({ ...first, choices: [{ index: 0, message, finish_reason: finish }], usage })
  },
}

function addCall(calls: Json[], call: Json): void {
  const known = calls[call.index]
  if (!known) {
    if (!call.id || !call.type) throw new Error('a call opened without id or type')
    calls[call.index] = structuredClone(call)
    return
  }
  if (call.id || call.function?.name) throw new Error('id or name told twice')
  if (known.function) known.function.arguments += call.function.arguments
  else known.custom.input += call.custom.input
}

function messagesOf(turn: WishedTurn): Json[] {
  if ('answer' in turn) return [...turn.answer.history]
  if ('results' in turn)
    return turn.results.map(({ call, text }) => ({ role: 'tool', tool_call_id: call.id, content: text }))
  const content = [
    ...(turn.png ? [{ type: 'image_url', image_url: { url: `data:image/png;base64,${turn.png}` } }] : []),
    ...(turn.pdf
      ? [{ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${turn.pdf}` } }]
      : []),
    { type: 'text', text: turn.user },
  ]
  return [{ role: 'user', content: content.length === 1 ? turn.user : content }]
}

function view(body: Json): View {
  const [{ message, finish_reason: finish }] = body.choices
  const { usage } = body
  return {
    text: message.content ?? '',
    thinking: message.reasoning_content ?? '',
    calls: (message.tool_calls ?? []).map((call: Json) => ({
      id: call.id,
      name: call.function?.name ?? call.custom.name,
      input: call.function ? JSON.parse(call.function.arguments) : call.custom.input,
    })),
    stop: stops[finish] ?? finish,
    model: body.model,
    usage: {
      input: usage.prompt_tokens,
      output: usage.completion_tokens,
      cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
      reasoning: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    },
    // As most clients do: what they do not know is dropped.
    history: [
      {
        role: 'assistant',
        content: message.content || null,
        ...(message.tool_calls && { tool_calls: message.tool_calls.map(known) }),
      },
    ],
  }
}

const known = ({ id, type, function: called, custom }: Json): Json => ({
  id,
  type,
  ...(called ? { function: called } : { custom }),
})
