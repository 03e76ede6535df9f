import type { AnswerCall } from './answer.ts'
import { excerpt, type OfferedTool, type Prompt, saidIn, type Task } from './prompt.ts'
import { instanceOf } from './schema-instance.ts'
import { asRecord, asText } from './untyped.ts'

/**
 * The calls that a prompt provokes. `call NAME` (or `use NAME`), as often as it is said; `call NAME with {…}` gives the arguments;
 * `call A then call B` are two steps, B being called when A has answered. The mere name of a tool suffices to call it once.
 */
export function callsFor(prompt: Prompt, task: Task): readonly AnswerCall[] {
  const tools = offered(prompt)
  if (tools.length === 0) return []
  const said = { ...task, text: unquoted(saidIn(task.text)) }
  const calls = asked(tools, said)
  const wanted = calls.length > 0 ? calls : unasked(prompt, tools, said)
  return prompt.isParallel ? wanted : wanted.slice(0, 1)
}

function offered({ tools, choice }: Prompt): readonly OfferedTool[] {
  if (choice.mode === 'none') return []
  return choice.only ? tools.filter((tool) => choice.only?.includes(tool.name)) : tools
}

/** What the instruction's present step says to call. */
function asked(tools: readonly OfferedTool[], task: Task): readonly AnswerCall[] {
  const step = task.text.split(/\bthen\s+(?=(?:call|use)\b)/i)[task.steps] ?? ''
  return [...step.matchAll(ORDER)].flatMap((match) => {
    const [order, name = ''] = match
    const tool = findTool(tools, name.replace(/[.:-]+$/, ''))
    return tool ? [callWith(tool, step.slice(match.index + order.length), task)] : []
  })
}

const ORDER = /\b(?:call|use)\s+(?:the\s+)?(?:tool\s+)?[`"']?([\w.:-]+)[`"']?/gi

/** By its name; else by a name that a gateway made safe (`add-two.v1` → `add-two_v1_3f2a`) or put a namespace before (`fx__add`). */
function findTool(tools: readonly OfferedTool[], name: string): OfferedTool | undefined {
  const wanted = name.toLowerCase()
  return (
    tools.find((tool) => tool.name === name) ??
    tools.find((tool) => tool.name.toLowerCase() === wanted) ??
    tools.find((tool) => plain(tool.name) === plain(name)) ??
    tools.find((tool) => plain(tool.name).endsWith(`__${plain(name)}`)) ??
    tools.find((tool) => name.includes('.') && plain(tool.name).includes(plain(name)))
  )
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z\d]/g, '_')

/** Nobody said `call`, but the choice forces one, the model likes to, or a name was dropped. */
function unasked(prompt: Prompt, tools: readonly OfferedTool[], task: Task): readonly AnswerCall[] {
  const named = tools.filter((tool) => nameOf(tool).test(task.text))
  const [first = tools[0]] = named
  const isForced = prompt.choice.mode === 'required'
  const isEager = task.steps === 0 && (named.length > 0 || prompt.model.id === 'sandbox-tools')
  return first && (isForced || isEager) ? [callWith(first, '', task)] : []
}

/** A prompt that a tool put in quotes, and marked the quotes in it. */
const unquoted = (text: string): string =>
  text.replaceAll(/^"((?:[^"]|(?<=\\)")*)"$/gm, (_, quoted: string) => quoted.replaceAll('\\"', '"'))

const escaped = ({ name }: OfferedTool): string => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
const EDGE = '(?![\\w-])'
const nameOf = (tool: OfferedTool): RegExp => new RegExp(`(?<![\\w-])${escaped(tool)}${EDGE}`)

function callWith(tool: OfferedTool, rest: string, task: Task): AnswerCall {
  const { name, namespace, kind } = tool
  const input = kind === 'custom' ? freeText(rest, task) : functionInput(tool, rest, task)
  return { name, ...(namespace !== undefined && { namespace }), kind, input }
}

const freeText = (rest: string, task: Task): string => textAfter(rest) ?? excerpt(task.text)

const textAfter = (rest: string): string | undefined => /^\s+with\s+(.+)$/s.exec(rest)?.[1]

const functionInput = (tool: OfferedTool, rest: string, task: Task): string =>
  givenObject(rest) ?? onlyText(tool, rest) ?? JSON.stringify(instanceOf(tool.schema ?? {}, task.text) ?? {})

/** A function that takes a single text may be given it as it is, as a custom tool is. */
function onlyText({ schema }: OfferedTool, rest: string): string | undefined {
  const [[name, property] = [], ...others] = Object.entries(asRecord(asRecord(schema).properties))
  const isText = asText(asRecord(property).type).toLowerCase() === 'string'
  const text = textAfter(rest)
  return name !== undefined && isText && others.length === 0 && text !== undefined
    ? JSON.stringify({ [name]: text })
    : undefined
}

/** The JSON object after `with`, kept as it was written; undefined when there is none. */
function givenObject(rest: string): string | undefined {
  const lead = /^\s*(?:with\s*|\(\s*)?(?=\{)/.exec(rest)
  if (lead === null) return undefined
  const object = rest.slice(lead[0].length, objectEnd(rest, lead[0].length))
  return isJson(object) ? object : undefined
}

/** Where the braces that open here are closed again, those in strings not counted. */
function objectEnd(text: string, start: number): number {
  const marks = /"(?:[^"\\]|\\.)*"|[{}]/gs
  marks.lastIndex = start
  let depth = 0
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '{') depth++
    if (mark[0] === '}' && --depth === 0) return marks.lastIndex
  }
  return text.length
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    // Not JSON is an answer here, not a failure: the arguments are made up then.
    return false
  }
}
