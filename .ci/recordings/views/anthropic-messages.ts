import { distinct, failed, type Json, list, type Reader, type StopWord, type View } from './view.ts'

const stops: Record<string, StopWord> = {
  end_turn: 'end',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  stop_sequence: 'stop_sequence',
  tool_use: 'tool_calls',
  pause_turn: 'pause',
  refusal: 'refusal',
  compaction: 'compaction',
}

export const anthropicMessages: Reader = {
  whole,
  stream(frames) {
    const message: Json = { content: [], usage: {} }
    let isOver = false
    for (const frame of frames) {
      if (frame.type === 'error') return failed(String(frame.error?.message))
      if (frame.type === 'message_start') Object.assign(message, structuredClone(frame.message))
      if (frame.type === 'content_block_start') message.content[frame.index] = { ...frame.content_block, json: '' }
      if (frame.type === 'content_block_delta') addDelta(message.content[frame.index], frame.delta)
      if (frame.type === 'message_delta') {
        Object.assign(message, frame.delta)
        for (const [name, value] of Object.entries(frame.usage ?? {})) if (value !== null) message.usage[name] = value
      }
      isOver ||= frame.type === 'message_stop'
    }
    if (!isOver) return failed('no message_stop')
    for (const block of message.content) if (block?.json) block.input = JSON.parse(block.json)
    return whole(message)
  },
}

function addDelta(block: Json, delta: Json): void {
  if (delta.type === 'text_delta') block.text += delta.text
  if (delta.type === 'thinking_delta') block.thinking += delta.thinking
  if (delta.type === 'input_json_delta') block.json += delta.partial_json
  if (delta.type === 'citations_delta') block.citations = [...list(block.citations), delta.citation]
}

function whole(body: Json): View {
  if (body.type === 'error' || !Array.isArray(body.content)) return failed(String(body.error?.message))
  const blocks = list(body.content)
  const of = (type: string) => blocks.filter((block) => block.type === type)
  const citations = of('text').flatMap(({ citations }) => list(citations).map(({ url }) => url))
  const hits = of('web_search_tool_result').flatMap(({ content }) => list(content).map(({ url }) => url))
  return {
    text: of('text')
      .map(({ text }) => text)
      .join(''),
    thinking: of('thinking')
      .map(({ thinking }) => thinking)
      .join(''),
    calls: of('tool_use').map(({ name, input }) => ({ name, args: input })),
    stop: stops[body.stop_reason] ?? `?${body.stop_reason}`,
    usage: usageOf(body.usage ?? {}),
    refusal: body.stop_reason === 'refusal' ? (body.stop_details?.explanation ?? '') : '',
    citations: distinct(citations),
    found: distinct([...citations, ...hits]),
    images: 0,
    traces: distinct(
      blocks
        .map(({ type }) => type)
        .filter((type) => !['text', 'thinking', 'redacted_thinking', 'tool_use'].includes(type)),
    ),
  }
}

/** Compactions are billed beside the totals of the message. */
function usageOf(usage: Json): View['usage'] {
  const runs = [usage, ...list(usage.iterations).filter(({ type }) => type === 'compaction')]
  const sum = (...names: string[]) => runs.flatMap((run) => names.map((name) => run[name] ?? 0)).reduce((a, b) => a + b)
  return {
    input: sum('input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'),
    output: sum('output_tokens'),
    cacheRead: sum('cache_read_input_tokens'),
    reasoning: usage.output_tokens_details?.thinking_tokens ?? 0,
  }
}
