import { argumentsOf, distinct, failed, type Json, list, type Reader, type StopWord, type View } from './view.ts'

const ends = ['response.completed', 'response.incomplete', 'response.failed']
const reasons: Record<string, StopWord> = { max_output_tokens: 'length', content_filter: 'filtered' }
/** Items that the client's program must run. */
const calls = ['function_call', 'custom_tool_call', 'apply_patch_call']

export const openaiResponses: Reader = {
  whole,
  stream(frames) {
    const broken = frames.find(({ type }) => type === 'error')
    if (broken) return failed(String(broken.message ?? broken.error?.message))
    const last = frames.find(({ type }) => ends.includes(type))
    if (!last) return failed('no terminal event')
    const done = frames.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item)
    // Some servers leave the items out of the last snapshot.
    return whole({ ...last.response, output: list(last.response.output).length > 0 ? last.response.output : done })
  },
}

function whole(body: Json): View {
  if (body.error || !Array.isArray(body.output) || body.status === 'failed')
    return failed(String(body.error?.message ?? 'no output'))
  const items = list(body.output)
  const of = (...types: string[]) => items.filter(({ type }) => types.includes(type))
  const contents = of('message').flatMap(({ content }) => list(content))
  const refusal = contents.map((part) => part.refusal ?? '').join('')
  const called = of(...calls).map((item) => ({ name: item.name ?? 'apply_patch', args: argumentsOfItem(item) }))
  const citations = contents.flatMap(({ annotations }) =>
    list(annotations).map(({ type, url }) => (type === 'url_citation' ? url : '')),
  )
  const hits = of('web_search_call').flatMap(({ action }) => list(action?.sources).map(({ url }) => url))
  const reason = body.incomplete_details?.reason
  const { usage } = body
  return {
    text: contents.map((part) => part.text ?? '').join(''),
    thinking: of('reasoning')
      .flatMap(({ content, summary }) => [...list(summary), ...list(content)].map(({ text }) => text))
      .join(''),
    calls: called,
    stop: stopOf(body.status, reason, called.length > 0, refusal !== ''),
    usage: usage && {
      input: usage.input_tokens,
      output: usage.output_tokens,
      cacheRead: usage.input_tokens_details?.cached_tokens ?? 0,
      reasoning: usage.output_tokens_details?.reasoning_tokens ?? 0,
    },
    refusal,
    citations: distinct(citations),
    found: distinct([...citations, ...hits]),
    images: of('image_generation_call').filter(({ result }) => result).length,
    traces: distinct(
      items.map(({ type }) => type).filter((type) => !['message', 'reasoning', ...calls].includes(type)),
    ),
  }
}

function argumentsOfItem(item: Json): unknown {
  if (item.type === 'custom_tool_call') return { input: item.input }
  return item.type === 'apply_patch_call' ? item.operation : argumentsOf(item.arguments)
}

function stopOf(status: string, reason: string | undefined, hasCalls: boolean, isRefused: boolean): StopWord {
  if (status === 'queued') return '?queued'
  if (status === 'incomplete') return reasons[reason ?? ''] ?? `?${reason}`
  if (isRefused) return 'refusal'
  return hasCalls ? 'tool_calls' : 'end'
}
