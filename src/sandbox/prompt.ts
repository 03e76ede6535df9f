import type { ToolKind } from './answer.ts'
import type { SandboxModel } from './models.ts'
import { countTokens, tokensPerMedia } from './tokens.ts'

/** A picture, document, clip or recording that a prompt holds: its bytes in base64, or where they are. */
export interface PromptMedia {
  readonly mime: string
  readonly base64?: string
  readonly url?: string
}

/** What a tool answered. */
export interface ToolResult {
  readonly name: string
  readonly text: string
  readonly isError: boolean
}

/** One step of the conversation; results stand with the user, who brings them. */
export interface PromptTurn {
  readonly role: 'user' | 'assistant'
  readonly text: string
  readonly media: readonly PromptMedia[]
  readonly results: readonly ToolResult[]
}

/** A tool that may be called. */
export interface OfferedTool {
  readonly name: string
  readonly namespace?: string
  readonly kind: ToolKind
  readonly schema?: unknown
}

/** Whether a tool must, may or must not be called; `only` narrows which. */
export interface OfferedChoice {
  readonly mode: 'auto' | 'none' | 'required'
  readonly only?: readonly string[]
}

export type OutputShape =
  | { readonly kind: 'text' }
  | { readonly kind: 'json'; readonly schema?: unknown }
  | { readonly kind: 'enum'; readonly schema: unknown }

/** What a request of any of the four formats asks, as far as the sandbox cares. */
export interface Prompt {
  readonly model: SandboxModel
  /** Stands for the whole request; ids are made of it. */
  readonly seed: string
  readonly system: string
  readonly turns: readonly PromptTurn[]
  readonly tools: readonly OfferedTool[]
  readonly choice: OfferedChoice
  readonly isParallel: boolean
  readonly output: OutputShape
  readonly isThinking: boolean
  readonly maxTokens?: number
  readonly stops: readonly string[]
  /** Tokens of what the request holds beside turns and system: the tools, as they were written. */
  readonly toolTokens: number
}

/** The instruction that is being worked on, and how far the work has come. */
export interface Task {
  readonly text: string
  readonly media: readonly PromptMedia[]
  /** What the tools answered to the last step; empty before the first. */
  readonly results: readonly ToolResult[]
  /** How often tools have answered since the instruction. */
  readonly steps: number
}

/**
 * The user's turns that stand together are one. What brings results goes on with the instruction before it, whatever text comes along;
 * of an instruction's turns the last one counts that says something of its own.
 */
export function taskOf(turns: readonly PromptTurn[]): Task {
  const visits = visitsOf(turns)
  const start = visits.findLastIndex((visit) => !brings(visit))
  const order = visits[start] ?? []
  const first = order.findLast((turn) => saidIn(turn.text) !== '') ?? order.at(-1)
  const last = turns.at(-1)?.role === 'user' ? (visits.at(-1) ?? []) : []
  return {
    text: first?.text ?? '',
    media: [...new Set([...order, ...last])].flatMap((turn) => turn.media),
    results: last.flatMap((turn) => turn.results),
    steps: visits.slice(start + 1).length,
  }
}

/** The user's turns between two of the assistant's. */
type Visit = readonly PromptTurn[]

const brings = (visit: Visit): boolean => visit.some((turn) => turn.results.length > 0)

const visitsOf = (turns: readonly PromptTurn[]): readonly Visit[] =>
  turns.reduce<PromptTurn[][]>((visits, turn, index) => {
    if (turn.role === 'assistant') return visits
    if (turns[index - 1]?.role === 'user') visits.at(-1)?.push(turn)
    else visits.push([turn])
    return visits
  }, [])

/** What the user says: coding tools put texts of their own beside it, in tags such as `<system-reminder>` or `<session_context>`. */
export const saidIn = (text: string): string => text.replaceAll(ASIDE, '').trim()

const ASIDE = /<([a-z]+(?:[-_][a-z]+)+)>[\s\S]*?<\/\1>/g

/** What the prompt costs. */
export function countPrompt(prompt: Pick<Prompt, 'system' | 'turns' | 'toolTokens'>): number {
  const texts = prompt.turns.flatMap((turn) => [turn.text, ...turn.results.map((result) => result.text)])
  const media = prompt.turns.reduce((sum, turn) => sum + turn.media.length, 0)
  const words = [prompt.system, ...texts].reduce((sum, text) => sum + countTokens(text), 0)
  return words + media * tokensPerMedia + prompt.toolTokens + prompt.turns.length * TOKENS_PER_TURN
}

const TOKENS_PER_TURN = 4

/** A text short enough to be quoted. */
export function excerpt(text: string, length = 120): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  const characters = [...line.slice(0, length * 2)]
  return characters.length > length ? `${characters.slice(0, length).join('').trimEnd()}…` : line
}
