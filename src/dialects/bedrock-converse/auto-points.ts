import type { WireBlock, WireCachePoint, WireMessage, WireSystem } from './shapes.ts'

interface Points {
  readonly system: readonly WireSystem[]
  readonly messages: readonly WireMessage[]
}

const point: WireCachePoint = { cachePoint: { type: 'default' } }

/**
 * Cache points for clients whose format has none: behind the instructions, where the request before this one ended, and at
 * the end. Not behind the tools, where some models refuse them; instructions come after them anyway.
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
 */
export function autoPoints({ system, messages }: Points): { system: WireSystem[]; messages: WireMessage[] } {
  const ended = messages.findLastIndex(({ role }) => role === 'assistant') - 1
  const isEnd = (at: number): boolean => at === ended || at === messages.length - 1
  return {
    system: system.length > 0 ? [...system, point] : [],
    messages: messages.map((message, at) => (isEnd(at) ? withPoint(message) : message)),
  }
}

/** A point must stand behind something that is no thought. */
function withPoint(message: WireMessage): WireMessage {
  const last: WireBlock | undefined = message.content.at(-1)
  return !last || 'reasoningContent' in last ? message : { ...message, content: [...message.content, point] }
}
