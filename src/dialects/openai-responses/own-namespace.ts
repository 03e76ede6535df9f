import type { Part } from '../../model/part.ts'
import type { Tool, Turn } from '../../model/request.ts'

/**
 * A function that the vendor's tool search found is called in a namespace of its own name, which the client never declared.
 * Where the function is declared plainly, such a call is one of it: under two names a model takes them for two tools.
 */
export function withoutOwnNamespace(turns: readonly Turn[], tools: readonly Tool[]): readonly Turn[] {
  const plain = new Set(
    tools.flatMap((tool) => (tool.kind === 'function' && tool.namespace === undefined ? [tool.name] : [])),
  )
  const renamed = (part: Part): Part => {
    if (part.kind !== 'tool_call' || part.namespace !== part.name || !plain.has(part.name)) return part
    const { namespace: _, ...call } = part
    return call
  }
  return plain.size === 0 ? turns : turns.map((turn) => ({ ...turn, parts: turn.parts.map(renamed) }))
}
