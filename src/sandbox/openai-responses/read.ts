import { parseDataUrl } from '../../wire/media.ts'
import type { Call } from '../format.ts'
import type { OfferedChoice, OfferedTool, OutputShape, Prompt, PromptMedia, PromptTurn, ToolResult } from '../prompt.ts'
import { countTokens } from '../tokens.ts'
import { asRecord, asRecords, asText, isGiven, numberOrNone, type Untyped } from '../untyped.ts'
import { itemsOf, OUTPUT_TYPES, partsOf, typeOf } from './items.ts'

/** What a Responses request asks. The body has passed the checks. */
export function readPrompt({ body, model, seed }: Call): Prompt {
  const items = itemsOf(body)
  const names = new Map(
    items.map((item) => [asText(item.call_id), asText(item.name)] as const).filter(([, name]) => name),
  )
  const maxTokens = numberOrNone(body.max_output_tokens)
  return {
    model,
    seed,
    system: [asText(body.instructions), ...items.filter(isSystem).map(textOf)].filter(Boolean).join('\n'),
    turns: items.filter((item) => !isSystem(item)).map((item) => readTurn(item, names)),
    tools: [...asRecords(body.tools), ...items.flatMap(addedTools)].flatMap((tool) => readTool(tool)),
    choice: readChoice(body.tool_choice),
    isParallel: body.parallel_tool_calls !== false,
    output: readOutput(asRecord(asRecord(body.text).format)),
    isThinking: isThinking(asRecord(body.reasoning)),
    ...(maxTokens !== undefined && { maxTokens }),
    stops: [],
    toolTokens: body.tools === undefined ? 0 : countTokens(JSON.stringify(body.tools)),
  }
}

/** Tools that come with the conversation: declared in an item, or found by a search. */
const addedTools = (item: Untyped): readonly Untyped[] =>
  item.type === 'additional_tools' || item.type === SEARCH_OUTPUT ? asRecords(item.tools) : []

const SEARCH_OUTPUT = 'tool_search_output'

const isThinking = ({ effort, summary }: Untyped): boolean => effort !== 'none' && (isGiven(effort) || isGiven(summary))

const isSystem = (item: Untyped): boolean =>
  typeOf(item) === 'message' && (item.role === 'system' || item.role === 'developer')

const textOf = (item: Untyped): string =>
  partsOf(item.content)
    .map((part) => asText(part.text))
    .filter(Boolean)
    .join('\n')

const OUTPUTS = Object.values(OUTPUT_TYPES)

function readTurn(item: Untyped, names: ReadonlyMap<string, string>): PromptTurn {
  if (item.type === SEARCH_OUTPUT) return { role: 'user', text: '', media: [], results: [readFound(item)] }
  if (OUTPUTS.includes(typeOf(item))) return readOutputItem(item, names)
  const isUser = typeOf(item) === 'message' && item.role === 'user'
  return {
    role: isUser ? 'user' : 'assistant',
    text: textOf(item),
    media: partsOf(item.content).flatMap(readMedia),
    results: [],
  }
}

const readFound = (item: Untyped): ToolResult => {
  const names = asRecords(item.tools).flatMap((tool) => readTool(tool).map(({ name }) => name))
  return { name: 'tool_search', text: `found ${names.join(', ')}`, isError: false }
}

function readOutputItem(item: Untyped, names: ReadonlyMap<string, string>): PromptTurn {
  const parts = partsOf(item.output)
  const text = parts
    .map((part) => asText(part.text))
    .filter(Boolean)
    .join('\n')
  const name = names.get(asText(item.call_id)) ?? ''
  return { role: 'user', text: '', media: parts.flatMap(readMedia), results: [{ name, text, isError: false }] }
}

function readMedia(part: Untyped): readonly PromptMedia[] {
  if (part.type === 'input_image') return [mediaAt(part.image_url ?? part.file_id, 'image/*')]
  if (part.type !== 'input_file') return []
  return [mediaAt(part.file_data ?? part.file_url ?? part.file_id, 'application/pdf')]
}

const mediaAt = (url: unknown, mime: string): PromptMedia => parseDataUrl(asText(url)) ?? { mime, url: asText(url) }

function readTool(tool: Untyped, namespace?: string): readonly OfferedTool[] {
  const name = asText(tool.name)
  const home = namespace === undefined ? {} : { namespace }
  switch (tool.type) {
    case 'function':
      return [{ name, ...home, kind: 'function', schema: tool.parameters }]
    case 'custom':
      return [{ name, ...home, kind: 'custom' }]
    case 'tool_search':
      return tool.execution === 'client' ? [{ name: 'tool_search', kind: 'search', schema: tool.parameters }] : []
    case 'namespace':
      return asRecords(tool.tools).flatMap((member) => readTool(member, name))
    default:
      return []
  }
}

function readChoice(choice: unknown): OfferedChoice {
  if (choice === 'none' || choice === 'required') return { mode: choice }
  const wanted = asRecord(choice)
  if (wanted.type === 'function' || wanted.type === 'custom') return { mode: 'required', only: [asText(wanted.name)] }
  if (wanted.type !== 'allowed_tools') return { mode: 'auto' }
  const only = asRecords(wanted.tools).map((tool) => asText(tool.name))
  return { mode: wanted.mode === 'required' ? 'required' : 'auto', only }
}

function readOutput(format: Untyped): OutputShape {
  if (format.type === 'json_schema') return { kind: 'json', schema: format.schema }
  return format.type === 'json_object' ? { kind: 'json' } : { kind: 'text' }
}
