import { isRecord } from '../../wire/json.ts'
import type { Block, WireMessage, WireTool } from './shapes.ts'

/** Most breakpoints that the vendor takes, automatic one included. */
export const mostMarks = 4

/** The parts of a body that may hold breakpoints, in the order in which the vendor reads them. */
export interface Marked {
  readonly tools: readonly WireTool[]
  readonly system: readonly Block[]
  readonly messages: readonly WireMessage[]
}

/**
 * Keeps the last breakpoints where there are too many, and shortens a long one that stands behind a short one: the vendor
 * refuses both. The very same object comes back when there is nothing to do.
 */
export function fitMarks(body: Marked, most: number): Marked {
  const marks = readMarks(body)
  const firstShort = marks.slice(-most).findIndex((mark) => mark !== '1h')
  const isLawful = marks.length <= most && (firstShort < 0 || !marks.slice(firstShort).includes('1h'))
  if (isLawful) return body
  let at = 0
  let isShort = false
  return mapMarks(body, (mark) => {
    if (at++ < marks.length - most) return undefined
    isShort ||= mark !== '1h'
    return isShort ? { type: 'ephemeral' } : { type: 'ephemeral', ttl: '1h' }
  })
}

/** The lifetimes of all breakpoints, in order. */
export function readMarks(body: Marked): readonly string[] {
  const marks: string[] = []
  mapMarks(body, (mark) => {
    marks.push(mark)
    return undefined
  })
  return marks
}

/** What becomes of a mark with this lifetime; undefined takes it away. */
type Change = (ttl: string) => unknown

const mapMarks = (body: Marked, change: Change): Marked => ({
  tools: body.tools.map((tool) => mapMark(tool, change)),
  system: mapBlocks(body.system, change),
  messages: body.messages.map((message) =>
    typeof message.content === 'string' ? message : { ...message, content: mapBlocks(message.content, change) },
  ),
})

const mapBlocks = (blocks: readonly Block[], change: Change): readonly Block[] =>
  blocks.map((block) => {
    // Blocks within a tool's result stand before the mark of the result itself.
    const inner = Array.isArray(block.content) ? { ...block, content: mapBlocks(block.content, change) } : block
    return mapMark(inner, change)
  })

function mapMark<T extends object>(holder: T, change: Change): T {
  if (!('cache_control' in holder) || !isRecord(holder.cache_control)) return holder
  const written = change(typeof holder.cache_control.ttl === 'string' ? holder.cache_control.ttl : '5m')
  const { cache_control: _mark, ...rest } = holder
  // The mark is the only field that is taken away or replaced, and it is optional everywhere.
  return (written === undefined ? rest : { ...rest, cache_control: written }) as T
}
