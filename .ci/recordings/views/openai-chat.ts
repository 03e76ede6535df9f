import { argumentsOf, distinct, failed, type Json, list, type Reader, type StopWord, type View } from './view.ts'

const stops: Record<string, StopWord> = {
  stop: 'end',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'filtered',
}

export const openaiChat: Reader = {
  whole,
  stream(frames) {
    const body: Json = { choices: [{ message: { content: [], calls: [] } }] }
    const [choice] = body.choices
    for (const frame of frames) {
      if (frame.error) return failed(String(frame.error.message ?? frame.error))
      body.usage = frame.usage ?? frame.x_groq?.usage ?? body.usage
      for (const kept of ['citations', 'search_results']) if (frame[kept]) body[kept] = frame[kept]
      for (const { delta, finish_reason: finish } of list(frame.choices)) {
        choice.finish_reason = finish ?? choice.finish_reason
        if (delta) addDelta(choice.message, delta)
      }
    }
    if (!choice.finish_reason) return failed('no finish_reason')
    choice.message.tool_calls = choice.message.calls.filter(Boolean)
    return whole(body)
  },
}

function addDelta(message: Json, delta: Json): void {
  message.content.push(
    ...(typeof delta.content === 'string' ? [{ type: 'text', text: delta.content }] : list(delta.content)),
  )
  const detailed = list(delta.reasoning_details)
  const thought = delta.reasoning_content ?? delta.reasoning
  if (thought) message.reasoning = (message.reasoning ?? '') + thought
  else if (detailed.length > 0) message.reasoning = (message.reasoning ?? '') + textOfDetails(detailed)
  if (delta.refusal) message.refusal = (message.refusal ?? '') + delta.refusal
  for (const kept of ['annotations', 'executed_tools', 'images'])
    if (delta[kept]) message[kept] = [...list(message[kept]), ...delta[kept]]
  for (const call of list(delta.tool_calls)) addCall(message.calls, call)
}

/** Some servers give every call the same index, or none: a new id begins a new call. */
function addCall(calls: Json[], call: Json): void {
  const known = calls.find((one) => one.index === call.index && (!call.id || one.id === call.id))
  if (!known) calls.push(structuredClone(call))
  else if (call.custom) known.custom.input += call.custom.input ?? ''
  else known.function.arguments = (known.function.arguments ?? '') + (call.function?.arguments ?? '')
}

const textOfDetails = (details: readonly Json[]): string =>
  details.map((detail) => detail.text ?? detail.summary ?? '').join('')

function whole(body: Json): View {
  const [choice] = list(body.choices)
  if (!choice) return failed(String(body.error?.message ?? 'no choices'))
  const message: Json = choice.message
  const parts: Json[] = Array.isArray(message.content)
    ? message.content
    : [{ type: 'text', text: message.content ?? '' }]
  const texts = (kinds: Json[]) => kinds.map(({ text }) => text ?? '').join('')
  const said = apart(texts(parts.filter(({ type }) => type === 'text')))
  const calls = list(message.tool_calls).map((call) => ({
    name: call.function?.name ?? call.custom?.name,
    args: call.custom ? { input: call.custom.input } : argumentsOf(call.function?.arguments),
  }))
  const citations = list(message.annotations).map((one) => one.url_citation?.url)
  const hits = [
    ...list(body.citations),
    ...[body, ...list(message.executed_tools).map((one) => one.search_results)].flatMap((one) =>
      [...list(one?.search_results), ...list(one?.results)].map(({ url }) => url),
    ),
  ]
  const stop = stops[choice.finish_reason] ?? (`?${choice.finish_reason}` as const)
  return {
    text: said.text,
    thinking:
      said.thought +
      (message.reasoning_content ?? message.reasoning ?? textOfDetails(list(message.reasoning_details))) +
      texts(parts.filter(({ type }) => type === 'thinking').flatMap(({ thinking }) => thinking)),
    calls,
    // Compatible servers say `stop` of an answer that holds calls.
    stop: stop === 'end' && calls.length > 0 ? 'tool_calls' : stop,
    usage: body.usage ? usageOf(body.usage) : undefined,
    refusal: message.refusal ?? '',
    citations: distinct(citations),
    found: distinct([...citations, ...hits]),
    images: list(message.images).length,
    traces: distinct(list(message.executed_tools).map(({ type }) => type)),
  }
}

/** Open models put their thoughts between tags in front of the answer. */
function apart(text: string): { thought: string; text: string } {
  const [, thought = '', rest = text] = /^\s*<think>([\s\S]*?)<\/think>\s*([\s\S]*)$/.exec(text) ?? []
  return { thought, text: rest }
}

function usageOf(usage: Json): View['usage'] {
  const { completion_tokens: completion = 0, prompt_tokens: prompt = 0, total_tokens: total = 0 } = usage
  // xAI and Google count thoughts outside of the completion; Google shows them in the total alone.
  const hidden = Math.max(0, total - prompt - completion)
  return {
    input: prompt,
    output: completion + hidden,
    cacheRead:
      usage.prompt_tokens_details?.cached_tokens ??
      usage.prompt_cache_hit_tokens ??
      usage.num_cached_tokens ??
      usage.cached_tokens ??
      0,
    reasoning: Math.max(hidden, usage.completion_tokens_details?.reasoning_tokens ?? usage.reasoning_tokens ?? 0),
  }
}
