import { argumentsOf, failed, type Json, list, type Reader, type StopWord, type View } from './view.ts'

const stops: Record<string, StopWord> = {
  end_turn: 'end',
  max_tokens: 'length',
  stop_sequence: 'stop_sequence',
  tool_use: 'tool_calls',
  content_filtered: 'filtered',
  guardrail_intervened: 'filtered',
}

export const bedrockConverse: Reader = {
  whole,
  stream(frames) {
    const content: Json[] = []
    const body: Json = { output: { message: { content } } }
    for (const { contentBlockDelta, contentBlockStart, messageStop, metadata } of frames) {
      if (contentBlockStart)
        content[contentBlockStart.contentBlockIndex] = structuredClone(contentBlockStart.start ?? {})
      if (contentBlockDelta) addDelta((content[contentBlockDelta.contentBlockIndex] ??= {}), contentBlockDelta.delta)
      if (messageStop) body.stopReason = messageStop.stopReason
      if (metadata) body.usage = metadata.usage
    }
    if (!body.stopReason) return failed('no messageStop')
    return whole(body)
  },
}

function addDelta(block: Json, delta: Json): void {
  if (delta.text !== undefined) block.text = (block.text ?? '') + delta.text
  if (delta.toolUse) block.toolUse.input = (block.toolUse.input ?? '') + delta.toolUse.input
  if (delta.reasoningContent) {
    block.reasoningContent ??= { reasoningText: { text: '' } }
    block.reasoningContent.reasoningText.text += delta.reasoningContent.text ?? ''
  }
}

function whole(body: Json): View {
  const blocks = list(body.output?.message?.content)
  const { usage } = body
  return {
    text: blocks.map(({ text }) => text ?? '').join(''),
    thinking: blocks.map(({ reasoningContent }) => reasoningContent?.reasoningText?.text ?? '').join(''),
    calls: blocks.flatMap(({ toolUse }) => (toolUse ? [{ name: toolUse.name, args: argumentsOf(toolUse.input) }] : [])),
    stop: stops[body.stopReason] ?? `?${body.stopReason}`,
    usage: usage && {
      input: usage.inputTokens + (usage.cacheReadInputTokens ?? 0) + (usage.cacheWriteInputTokens ?? 0),
      output: usage.outputTokens,
      cacheRead: usage.cacheReadInputTokens ?? 0,
      reasoning: 0,
    },
    refusal: '',
    citations: [],
    found: [],
    images: 0,
    traces: [],
  }
}
