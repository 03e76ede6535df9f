import { type Format, frames, type Json, type View, type Wish } from './format.ts'

const stops: Record<string, string> = { end_turn: 'end', max_tokens: 'length', tool_use: 'tool_calls' }

export const anthropicMessages: Format = {
  ask(wish) {
    return {
      path: '/v1/messages',
      headers: { 'anthropic-version': '2023-06-01' },
      body: {
        model: wish.model,
        max_tokens: wish.maxOutput ?? 4096,
        ...(wish.stream && { stream: true }),
        ...(wish.system && { system: wish.system }),
        ...(wish.thinking && { thinking: { type: 'enabled', budget_tokens: 2048 } }),
        ...(wish.temperature !== undefined && { temperature: wish.temperature }),
        ...(wish.stop && { stop_sequences: wish.stop }),
        ...(wish.schema && { output_config: { format: { type: 'json_schema', schema: wish.schema } } }),
        ...(wish.tools && {
          tools: wish.tools.map(({ name, description, schema }) => ({ name, description, input_schema: schema })),
        }),
        ...(wish.choice && { tool_choice: choiceOf(wish.choice) }),
        messages: wish.turns.map((turn) => {
          if ('answer' in turn) return { role: 'assistant', content: turn.answer.history }
          if ('results' in turn)
            return {
              role: 'user',
              content: turn.results.map(({ call, text, isError }) => ({
                type: 'tool_result',
                tool_use_id: call.id,
                content: text,
                ...(isError && { is_error: true }),
              })),
            }
          const media = (type: string, mime: string, data: string) => ({
            type,
            source: { type: 'base64', media_type: mime, data },
          })
          return {
            role: 'user',
            content: [
              ...(turn.png ? [media('image', 'image/png', turn.png)] : []),
              ...(turn.pdf ? [media('document', 'application/pdf', turn.pdf)] : []),
              { type: 'text', text: turn.user },
            ],
          }
        }),
      },
    }
  },
  view,
  viewStream(text) {
    let message: Json | undefined
    const pieces: string[] = []
    let open = -1
    let isOver = false
    for (const { event, data } of frames(text)) {
      if (event !== data.type) throw new Error(`event ${event} holds ${data.type}`)
      if (isOver) throw new Error(`${event} after message_stop`)
      switch (data.type) {
        case 'message_start':
          if (message) throw new Error('a second message_start')
          message = data.message
          break
        case 'content_block_start':
          if (open >= 0 || data.index !== message?.content.length) throw new Error(`block ${data.index} out of order`)
          open = data.index
          pieces[open] = ''
          message?.content.push({ ...data.content_block })
          break
        case 'content_block_delta':
          if (data.index !== open) throw new Error(`a delta of block ${data.index} while ${open} is open`)
          addDelta(message?.content[open], data.delta, pieces, open)
          break
        case 'content_block_stop': {
          if (data.index !== open) throw new Error(`block ${data.index} stopped while ${open} is open`)
          const block = message?.content[open]
          if (/tool_use$/.test(block.type) && pieces[open]) block.input = JSON.parse(pieces[open] ?? '')
          open = -1
          break
        }
        case 'message_delta':
          Object.assign(message ?? {}, data.delta)
          for (const [name, value] of Object.entries(data.usage))
            if (value !== null && message) message.usage[name] = value
          break
        case 'message_stop':
          isOver = true
          break
        case 'ping':
          break
        default:
          throw new Error(JSON.stringify(data))
      }
    }
    if (!message || !isOver) throw new Error('the stream ended without message_stop')
    return view(message)
  },
}

function addDelta(block: Json, delta: Json, pieces: string[], at: number): void {
  if (delta.type === 'text_delta') block.text += delta.text
  else if (delta.type === 'thinking_delta') block.thinking += delta.thinking
  else if (delta.type === 'signature_delta') block.signature = delta.signature
  else if (delta.type === 'input_json_delta') pieces[at] += delta.partial_json
  else if (delta.type === 'citations_delta') block.citations = [...(block.citations ?? []), delta.citation]
  else throw new Error(`unknown delta ${delta.type}`)
}

const choiceOf = (choice: NonNullable<Wish['choice']>): Json =>
  typeof choice === 'object' ? { type: 'tool', name: choice.name } : { type: choice === 'required' ? 'any' : choice }

function view(body: Json): View {
  const blocks: Json[] = body.content
  const joined = (type: string, field: string) =>
    blocks
      .filter((block) => block.type === type)
      .map((block) => block[field])
      .join('')
  const { usage } = body
  return {
    text: joined('text', 'text'),
    thinking: joined('thinking', 'thinking'),
    calls: blocks.filter(({ type }) => type === 'tool_use').map(({ id, name, input }) => ({ id, name, input })),
    stop: stops[body.stop_reason] ?? body.stop_reason,
    model: body.model,
    usage: {
      input: usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens,
      output: usage.output_tokens,
      cached: usage.cache_read_input_tokens,
      reasoning: usage.output_tokens_details?.thinking_tokens ?? 0,
    },
    history: blocks,
  }
}
