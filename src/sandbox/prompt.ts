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
  readonly kind: 'function' | 'custom'
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

/** A turn that brings results goes on with the instruction before it, whatever text comes along. */
export function taskOf(turns: readonly PromptTurn[]): Task {
  const start = turns.findLastIndex((turn) => turn.role === 'user' && turn.results.length === 0)
  const since = turns.slice(start + 1)
  const tail = turns.slice(turns.findLastIndex((turn) => turn.role === 'assistant') + 1)
  const first = turns[start]
  return {
    text: first?.text ?? '',
    media: [...(first?.media ?? []), ...tail.filter((turn) => turn !== first).flatMap((turn) => turn.media)],
    results: tail.flatMap((turn) => turn.results),
    steps: countSteps(since),
  }
}

/** Results that come in several turns, one after another, answer one step. */
const countSteps = (turns: readonly PromptTurn[]): number =>
  turns.filter((turn, index) => turn.results.length > 0 && (turns[index - 1]?.results.length ?? 0) === 0).length

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
