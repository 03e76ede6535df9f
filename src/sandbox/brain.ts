import type { Answer, AnswerCall, AnswerEnd } from './answer.ts'
import { callsFor } from './calls.ts'
import { type Directives, readDirectives, withoutDirectives } from './failures.ts'
import { countPrompt, excerpt, type Prompt, saidIn, type Task, taskOf } from './prompt.ts'
import { instanceOf } from './schema-instance.ts'
import { wordsOf, writeText } from './speech.ts'
import { countTokens, tokensOf } from './tokens.ts'
import { quoted } from './untyped.ts'

/** The directives in the instruction that is being worked on. */
export const directivesOf = (prompt: Prompt): Directives => readDirectives(taskOf(prompt.turns).text)

/**
 * What the sandbox says to a prompt: always the same to the same.
 * `choice` is the number of the answer where several were asked for; they differ by it.
 */
export function answer(prompt: Prompt, directives: Directives, choice = 0): Answer {
  const task = cleanTask(prompt)
  const calls = directives.end === undefined ? callsFor(prompt, task) : []
  const draft: Draft = {
    ...(thinks(prompt) && { thinking: writeThinking(task) }),
    text: directives.end === 'refusal' ? REFUSAL : draftText(prompt, { task, calls, directives, choice }),
    calls,
    end: directives.end ?? (calls.length > 0 ? 'calls' : 'end'),
  }
  return weigh(curtail(halt(draft, prompt.stops), prompt), prompt, directives)
}

interface Draft {
  readonly thinking?: string
  readonly text: string
  readonly calls: readonly AnswerCall[]
  readonly end: AnswerEnd
  readonly stop?: string
}

interface Occasion {
  readonly task: Task
  readonly calls: readonly AnswerCall[]
  readonly directives: Directives
  readonly choice: number
}

const REFUSAL = "Causeway's sandbox was told to refuse this."

const thinks = (prompt: Prompt): boolean => prompt.isThinking || prompt.model.id === 'sandbox-thinker'

function cleanTask(prompt: Prompt): Task {
  const task = taskOf(prompt.turns)
  return { ...task, text: withoutDirectives(task.text) }
}

const writeThinking = (task: Task): string =>
  task.results.length > 0
    ? `The tools have answered ${task.results.length} times. I quote them.`
    : `The prompt says "${excerpt(saidIn(task.text) || task.text, 60)}". I am a sandbox, so I quote it.`

function draftText(prompt: Prompt, { task, calls, directives, choice }: Occasion): string {
  if (calls.length > 0)
    return prompt.output.kind === 'text' ? `Calling ${calls.map((call) => call.name).join(' and ')}.` : ''
  if (directives.words !== undefined) return wordsOf(directives.words)
  if (prompt.output.kind === 'enum') return quoted(instanceOf(prompt.output.schema, task.text))
  if (prompt.output.kind === 'json') return JSON.stringify(jsonFor(prompt.output.schema, task))
  return writeText(prompt, task) + (choice > 0 ? ` (answer ${choice + 1})` : '')
}

const jsonFor = (schema: unknown, task: Task): unknown =>
  schema === undefined ? { sandbox: true, quote: excerpt(task.text) } : instanceOf(schema, task.text)

/** Ends the text before the stop sequence that comes first in it. */
function halt(draft: Draft, stops: readonly string[]): Draft {
  const hits = stops
    .map((stop) => ({ stop, at: stop === '' ? -1 : draft.text.indexOf(stop) }))
    .filter((hit) => hit.at >= 0)
    .sort((left, right) => left.at - right.at)
  const [hit] = hits
  return hit ? { ...draft, text: draft.text.slice(0, hit.at), calls: [], end: 'stop', stop: hit.stop } : draft
}

/** Cuts what does not fit: thinking is said first and counts, a call that does not fit whole is not made. */
function curtail(draft: Draft, prompt: Prompt): Draft {
  const limit = Math.min(prompt.maxTokens ?? prompt.model.outputTokens, prompt.model.outputTokens)
  const thinking = tokensOf(draft.thinking ?? '')
  const text = tokensOf(draft.text)
  if (thinking.length + text.length + countCalls(draft.calls) <= limit) return draft
  return {
    ...(draft.thinking !== undefined && { thinking: thinking.slice(0, limit).join('') }),
    text: text.slice(0, Math.max(0, limit - thinking.length)).join(''),
    calls: [],
    end: 'length',
  }
}

const countCalls = (calls: readonly AnswerCall[]): number =>
  calls.reduce((sum, call) => sum + countTokens(call.name) + countTokens(call.input), 0)

function weigh(draft: Draft, prompt: Prompt, directives: Directives): Answer {
  const input = countPrompt(prompt)
  const thinking = countTokens(draft.thinking ?? '')
  const output = thinking + countTokens(draft.text) + countCalls(draft.calls)
  return {
    ...draft,
    isRedacted: directives.think === 'redacted',
    usage: { input, cached: Math.min(directives.cached ?? 0, input), output: Math.max(1, output), thinking },
  }
}
