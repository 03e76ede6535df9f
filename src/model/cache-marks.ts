import type { Part } from './part.ts'
import type { ChatRequest } from './request.ts'

/** Whether the client has said what of its prompt to keep. */
export const hasCacheMarks = ({ system, turns, tools }: Pick<ChatRequest, 'system' | 'turns' | 'tools'>): boolean =>
  system.some(isMarked) ||
  turns.some((turn) => turn.parts.some(isMarked)) ||
  tools.some((tool) => tool.kind !== 'opaque' && tool.cache !== undefined)

/** A mark within a tool's result counts for the result. */
const isMarked = (part: Part): boolean =>
  part.cache !== undefined || (part.kind === 'tool_result' && part.parts.some(isMarked))
