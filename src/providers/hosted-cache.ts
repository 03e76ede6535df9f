type Fields = Readonly<Record<string, unknown>>

/** As many marks as Anthropic takes in one request. */
const mostMarks = 4

/**
 * Anthropic's top-level `cache_control` ("mark the end by yourself") as a mark on the last block, for clouds that know marks on
 * blocks alone. It is left out where no block can carry it or four are marked already.
 */
export function markLastBlock(body: Fields): Fields {
  const { cache_control: mark, ...rest } = body
  if (mark === undefined) return body
  const messages = listIn(rest.messages)
  const last = recordIn(messages.at(-1))
  const content = typeof last?.content === 'string' ? [{ type: 'text', text: last.content }] : listIn(last?.content)
  const block = recordIn(content.at(-1))
  if (!mark || !last || !block || !canCarry(block) || countMarks(rest) >= mostMarks) return rest
  const marked = { ...last, content: [...content.slice(0, -1), { ...block, cache_control: mark }] }
  return { ...rest, messages: [...messages.slice(0, -1), marked] }
}

/** Thoughts and blank texts must not be marked; a block that has its own mark keeps it. */
const canCarry = ({ type, text, cache_control: own }: Fields): boolean =>
  !own && type !== 'thinking' && type !== 'redacted_thinking' && !(type === 'text' && String(text).trim() === '')

function countMarks({ tools, system, messages }: Fields): number {
  const contents = listIn(messages).map((message) => listIn(recordIn(message)?.content))
  const blocks = [listIn(tools), listIn(system), ...contents].flat()
  return blocks.filter((block) => recordIn(block)?.cache_control).length
}

const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const recordIn = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
