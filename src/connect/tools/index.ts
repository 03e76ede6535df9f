import type { Tool, ToolId } from '../tool.ts'
import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { gemini } from './gemini.ts'
import { opencode } from './opencode.ts'

export const tools: Readonly<Record<ToolId, Tool>> = { claude, codex, gemini, opencode }

/** Undefined for a name that is no tool's. */
export const toolOf = (name: string | undefined): Tool | undefined =>
  name !== undefined && Object.hasOwn(tools, name)
    ? // `hasOwn` has just said so.
      tools[name as ToolId]
    : undefined
