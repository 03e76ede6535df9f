import type { Marked } from './cache-marks.ts'
import type { Block } from './shapes.ts'

/**
 * Breakpoints for clients whose format has none, beside the automatic one at the very end: behind the instructions, so that
 * other conversations read them too; and where the request before this one ended, if so much has been said since that the
 * vendor would not find it. Messages are not marked without need, so that they stay the same from turn to turn.
 * @see https://platform.claude.com/docs/en/build-with-claude/prompt-caching
 */
export function autoMarks({ tools, system, messages }: Marked): Marked {
  const ended = messages.findLastIndex(({ role }) => role === 'assistant') - 1
  const since = messages.slice(ended + 1).flatMap(({ content }) => blocksOf(content)).length
  return {
    tools: system.length > 0 ? tools : markLast(tools),
    system: markLast(system),
    messages: messages.map((message, at) =>
      at === ended && since > lookBackBlocks ? { ...message, content: markLast(blocksOf(message.content)) } : message,
    ),
  }
}

/** The vendor looks twenty blocks back from a breakpoint for one that it has seen. */
const lookBackBlocks = 18

const blocksOf = (content: string | readonly Block[]): readonly Block[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : content

/** Thoughts, blank texts and tools that are not loaded take no mark; then what is before them is marked. */
function markLast<T extends object>(blocks: readonly T[]): readonly T[] {
  const last = blocks.findLastIndex(canCarry)
  return blocks.map((block, at) => (at === last ? { ...block, cache_control: { type: 'ephemeral' } } : block))
}

const canCarry = (block: {
  readonly type?: unknown
  readonly text?: unknown
  readonly defer_loading?: unknown
}): boolean =>
  block.defer_loading !== true &&
  block.type !== 'thinking' &&
  block.type !== 'redacted_thinking' &&
  !(block.type === 'text' && String(block.text).trim() === '')
