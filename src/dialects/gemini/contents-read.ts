import type { Part } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { type PartIds, partIds } from './part-ids.ts'
import { lostSiblings, readPart } from './parts-read.ts'
import { type Message, readMessage, readText } from './proto.ts'
import { repeatedResults } from './repeated.ts'
import { addPiece } from './runs.ts'

interface ReadContents {
  readonly turns: readonly Turn[]
  readonly lost: readonly string[]
}

/**
 * The history. A chat of the vendor's SDK keeps every stream chunk as a content of its own, so contents of one role are
 * joined, and a model's words with them. Calls without an id get one from their place.
 */
export function readContents(value: unknown): ReadContents {
  const turns: { role: Turn['role']; parts: Part[] }[] = []
  const lost = new Set<string>()
  for (const [at, content] of asList(value).entries()) {
    const ids = idsOf(at)
    const { role, parts } = readContent(content)
    const repeated = repeatedResults(parts)
    for (const [place, message] of parts.entries()) {
      if (repeated.includes(place)) continue
      for (const sibling of lostSiblings) if (message[sibling] !== undefined) lost.add(sibling)
      const part = readPart(message, ids)
      if (part) addPart(turns, part, { role: speakerOf(part, role), isChunk: place === 0 })
    }
  }
  return { turns, lost: [...lost] }
}

interface Said {
  readonly role: Turn['role']
  /** The first part of its content. */
  readonly isChunk: boolean
}

function addPart(turns: { role: Turn['role']; parts: Part[] }[], part: Part, { role, isChunk }: Said): void {
  const last = turns.at(-1)
  const parts = last?.role === role ? last.parts : []
  if (role === 'assistant') addPiece(parts, part, { isChunk })
  else parts.push(part)
  if (parts !== last?.parts && parts.length > 0) turns.push({ role, parts })
}

/** Instructions: texts alone. A string, a content, parts, or a list of those. */
export function readSystem(value: unknown): ReadContents['turns'][number]['parts'] {
  return asList(value).flatMap((item) => {
    const message = readMessage(item)
    const parts = typeof item === 'string' || message?.parts === undefined ? [item] : asList(message.parts)
    return parts.flatMap((part): Part[] => {
      const text = readText(part) ?? readText(readMessage(part)?.text)
      return text === undefined || text === '' ? [] : [{ kind: 'text', text }]
    })
  })
}

interface ReadContent {
  readonly role: string
  readonly parts: readonly Message[]
}

function readContent(content: unknown): ReadContent {
  if (typeof content === 'string') return { role: 'user', parts: [{ text: content }] }
  const message = readMessage(content) ?? {}
  const parts = asList(message.parts).flatMap((part): readonly Message[] => {
    const read = typeof part === 'string' ? { text: part } : readMessage(part)
    return read ? [read] : []
  })
  return { role: readText(message.role)?.toLowerCase() ?? '', parts }
}

/** Calls are the model's and results are the user's, whatever the role says (old clients: none, `function`, `tool`). */
function speakerOf(part: Part, role: string): Turn['role'] {
  if (part.kind === 'tool_call') return 'assistant'
  if (part.kind === 'tool_result') return 'user'
  return speakers.get(role) ?? 'user'
}

const speakers: ReadonlyMap<string, Turn['role']> = new Map<string, Turn['role']>([
  ['model', 'assistant'],
  ['assistant', 'assistant'],
  ['system', 'system'],
  ['developer', 'system'],
])

function idsOf(turn: number): PartIds {
  let calls = 0
  let runs = 0
  return partIds(
    () => `call_${turn}_${++calls}`,
    () => `run_${turn}_${++runs}`,
  )
}

const asList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
