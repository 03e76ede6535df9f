import type { Answer } from '../answer.ts'
import type { Call, Frame } from '../format.ts'
import { mark, namedFrame, word } from '../frames.ts'
import { tokensOf } from '../tokens.ts'
import { type CacheUse, readCache } from './cache.ts'
import { type ReplyBlock, skeleton, writeBlocks, writeEnd, writeUsage } from './reply.ts'

/** The message told as events, one word at a time. @see https://docs.claude.com/en/docs/build-with-claude/streaming */
export function* writeStream(call: Call, answer: Answer): Generator<Frame> {
  const cache = readCache(call, answer.usage)
  yield event('message_start', { message: opening(call, answer, cache) })
  yield event('ping')
  for (const [index, block] of writeBlocks(call, answer).entries()) {
    yield event('content_block_start', { index, content_block: emptied(block) })
    for (const [delta, isWord] of deltasOf(block)) {
      const frame = event('content_block_delta', { index, delta })
      yield isWord ? word(frame.text) : frame
    }
    yield event('content_block_stop', { index })
  }
  yield event('message_delta', { delta: { ...writeEnd(answer), container: null }, usage: finalUsage(answer, cache) })
  yield event('message_stop')
}

const event = (type: string, fields: object = {}): Frame => mark(namedFrame(type, { type, ...fields }))

/** The first event cannot know the output yet. */
function opening(call: Call, answer: Answer, cache: CacheUse): object {
  const { output_tokens_details: _, ...usage } = writeUsage(answer, cache)
  return { ...skeleton(call, answer, cache), usage: { ...usage, output_tokens: 1 } }
}

function finalUsage(answer: Answer, cache: CacheUse): object {
  const { service_tier: _, inference_geo: __, cache_creation: ___, ...usage } = writeUsage(answer, cache)
  return usage
}

function emptied(block: ReplyBlock): object {
  switch (block.type) {
    case 'thinking':
      return { ...block, thinking: '', signature: '' }
    case 'text':
      return { ...block, text: '' }
    case 'tool_use':
      return { ...block, input: {} }
    case 'redacted_thinking':
      return block
  }
}

type Delta = readonly [delta: object, isWord: boolean]

function deltasOf(block: ReplyBlock): readonly Delta[] {
  switch (block.type) {
    case 'thinking':
      return [
        ...pieces(block.thinking, (thinking) => ({ type: 'thinking_delta', thinking })),
        [{ type: 'signature_delta', signature: block.signature }, false],
      ]
    case 'text':
      return pieces(block.text, (text) => ({ type: 'text_delta', text }))
    case 'tool_use':
      return argumentDeltas(JSON.stringify(block.input))
    case 'redacted_thinking':
      return []
  }
}

/** The vendor begins with an empty piece, and sends no more for a call without arguments. */
const argumentDeltas = (json: string): readonly Delta[] => [
  [{ type: 'input_json_delta', partial_json: '' }, false],
  ...(json === '{}' ? [] : pieces(json, (partial_json) => ({ type: 'input_json_delta', partial_json }))),
]

const pieces = (text: string, write: (piece: string) => object): readonly Delta[] =>
  tokensOf(text).map((piece) => [write(piece), true])
