import type { Part } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { type ReadItem, readItem } from './item-read.ts'
import type { Reading } from './reading.ts'

/** The conversation of a request: `instructions` and leading system messages, then everything in its order. */
export interface Conversation {
  readonly system: readonly Part[]
  readonly turns: readonly Turn[]
}

/** Reads `instructions` and `input` (or `messages`, which clients of Chat Completions send). */
export function readConversation(body: Readonly<Record<string, unknown>>, reading: Reading): Conversation {
  const instructions = reading.text(body.instructions, 'instructions')
  const items = readInput(body, reading)
  const firstTurn = items.findIndex((item) => !isLeading(item))
  const leading = firstTurn === -1 ? items : items.slice(0, firstTurn)
  return {
    system: [
      ...(instructions ? [{ kind: 'text' as const, text: instructions }] : []),
      ...leading.filter((item) => item.role === 'system').flatMap((item) => item.parts),
    ],
    turns: joined(items.filter((item) => item.role !== 'system' || !leading.includes(item))),
  }
}

/** Instructions, and items without words (`additional_tools`) that may stand before them. */
const isLeading = (item: ReadItem): boolean =>
  (item.role === 'system' && item.parts.every((part) => part.kind === 'text')) ||
  (item.role === 'user' && item.parts.length > 0 && item.parts.every((part) => part.kind === 'opaque'))

function readInput(body: Readonly<Record<string, unknown>>, reading: Reading): ReadItem[] {
  const field = body.input === undefined && body.messages !== undefined ? 'messages' : 'input'
  const input = body[field]
  if (input === undefined || input === null) return []
  if (typeof input === 'string') return [{ role: 'user', isMessage: true, parts: [{ kind: 'text', text: input }] }]
  if (!Array.isArray(input)) {
    reading.wrong(field, 'a string or an array of items')
    return []
  }
  return input.flatMap((item, at) => readItem(item, `${field}[${at}]`, reading) ?? [])
}

/** Items of one step become one turn: thoughts, the message and the calls they led to; all outputs of a step. */
function joined(items: readonly ReadItem[]): Turn[] {
  const turns: ReadItem[] = []
  for (const item of items) {
    const last = turns.at(-1)
    if (last && belongs(item, last))
      turns[turns.length - 1] = { ...last, ...item, parts: [...last.parts, ...item.parts] }
    else turns.push(item)
  }
  return turns.map(({ isMessage: _, ...turn }) => turn)
}

function belongs(item: ReadItem, last: ReadItem): boolean {
  if (item.role !== last.role || item.role === 'system') return false
  return item.role === 'assistant' ? !(item.isMessage && last.isMessage) : !item.isMessage && !last.isMessage
}
