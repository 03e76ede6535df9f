import type { Json } from '../../support/formats/format.ts'
import { type Frame, jsonOf, readFrames } from '../frames.ts'

/**
 * What a whole stream breaks of the grammar of Messages; nothing for a lawful one.
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export function anthropicProblems(text: string): string[] {
  const frames = readFrames(text)
  const events = jsonOf(frames).filter(({ type }) => type !== 'ping')
  const blocks = events.filter(({ type }) => String(type).startsWith('content_block_'))
  return [
    ...namesOf(frames),
    ...frameOf(events),
    ...[...new Set(blocks.map(({ index }) => index))].flatMap((index, at) => [
      ...(index === at ? [] : [`block ${at} has the index ${index}`]),
      ...blockOf(blocks.filter((event) => event.index === index)),
    ]),
    ...(blocks.every(({ index }, at) => index >= (blocks[at - 1]?.index ?? 0)) ? [] : ['blocks interleave']),
  ]
}

const namesOf = (frames: readonly Frame[]): string[] =>
  frames.flatMap(({ event, data }) => {
    if (typeof data === 'string') return [`no JSON: ${data}`]
    return event === data.type ? [] : [`the event ${event} says that it is ${data.type}`]
  })

/** What is around the blocks. */
function frameOf(events: readonly Json[]): string[] {
  const around = events.map(({ type }) => String(type)).filter((type) => !type.startsWith('content_block_'))
  const [first, last] = [events[0], events.at(-2)]
  const usage = last?.type === 'message_delta' ? last.usage : undefined
  return [
    ...(around.join() === 'message_start,message_delta,message_stop' ? [] : [`around the blocks: ${around.join()}`]),
    ...(first?.type === 'message_start' && first.message.content.length === 0 ? [] : ['no empty message first']),
    ...(typeof first?.message?.usage?.input_tokens === 'number' ? [] : ['no usage at the start']),
    ...(typeof usage?.output_tokens === 'number' ? [] : ['no usage at the end']),
    ...(typeof last?.delta?.stop_reason === 'string' ? [] : ['no stop reason before the end']),
    ...(events.at(-1)?.type === 'message_stop' ? [] : ['no message_stop last']),
  ]
}

interface BlockRule {
  /** What opens it. */
  readonly skeleton: Json
  readonly deltas: readonly string[]
}

/** Blocks that are told in deltas; all others come whole. */
const rules: Readonly<Record<string, BlockRule>> = {
  text: { skeleton: { text: '' }, deltas: ['text_delta', 'citations_delta'] },
  thinking: { skeleton: { thinking: '', signature: '' }, deltas: ['thinking_delta', 'signature_delta'] },
  tool_use: { skeleton: { input: {} }, deltas: ['input_json_delta'] },
  server_tool_use: { skeleton: { input: {} }, deltas: ['input_json_delta'] },
}
const whole = /^(?:redacted_thinking|compaction|container_upload|fallback|\w+_tool_result)$/

/** One block, from its first event to its last. */
function blockOf(events: readonly Json[]): string[] {
  const block = events[0]?.content_block ?? {}
  const rule = rules[block.type]
  const deltas = events.slice(1, -1).map(({ delta }) => delta ?? {})
  const types = deltas.map(({ type }) => type)
  const isWrapped = events[0]?.type === 'content_block_start' && events.at(-1)?.type === 'content_block_stop'
  return [
    ...(isWrapped ? [] : ['a block without start or stop']),
    ...(rule || whole.test(block.type) ? [] : [`a block that nobody knows: ${block.type}`]),
    ...Object.entries(rule?.skeleton ?? {}).flatMap(([field, value]) =>
      JSON.stringify(block[field]) === JSON.stringify(value) ? [] : [`${block.type} opens with ${field}`],
    ),
    ...types.flatMap((type) => (rule?.deltas.includes(type) ? [] : [`${type} in a ${block.type}`])),
    ...(types.slice(0, -1).includes('signature_delta') ? ['a signature before the end'] : []),
    ...argumentsOf(deltas.map(({ partial_json: json }) => json ?? '').join('')),
  ]
}

function argumentsOf(text: string): string[] {
  if (text === '') return []
  try {
    return typeof JSON.parse(text) === 'object' ? [] : [`arguments that are no object: ${text}`]
  } catch {
    // Told as a problem.
    return [`arguments that are no JSON: ${text}`]
  }
}
