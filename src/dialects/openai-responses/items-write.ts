import type { Turn } from '../../model/request.ts'
import { writeAssistantTurn } from './assistant-turn-write.ts'
import { writeContent } from './content-write.ts'
import { message } from './message-write.ts'
import type { Item } from './shapes.ts'
import { writeUserTurn } from './user-turn-write.ts'
import type { Writing } from './writing.ts'

/** The turns as input items, in order. Items carry no ids: a server refuses ids that it did not give. */
export function writeItems(turns: readonly Turn[], writing: Writing): Item[] {
  const items = turns.flatMap((turn) => writers[turn.role](turn, writing))
  return withoutLooseThoughts(items)
}

const writers: Readonly<Record<Turn['role'], (turn: Turn, writing: Writing) => Item[]>> = {
  user: writeUserTurn,
  assistant: writeAssistantTurn,
  system: (turn, writing) => message(writing.quirks.systemRole, writeContent(turn.parts, writing), writing),
}

/** A thought must stand directly before what it led to: one that nothing follows is refused. */
function withoutLooseThoughts(items: readonly Item[]): Item[] {
  return items.filter((item, at) => {
    const next = item.type === 'reasoning' ? items.slice(at + 1).find((other) => other.type !== 'reasoning') : item
    return next !== undefined && (item.type !== 'reasoning' || isModels(next))
  })
}

const isModels = (item: Item): boolean =>
  item.type === 'message'
    ? item.role === 'assistant'
    : !/_output$|^additional_tools$|_trigger$|_update$/.test(item.type)
