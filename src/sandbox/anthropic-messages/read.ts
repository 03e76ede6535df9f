import type { Call } from '../format.ts'
import type { OfferedChoice, OfferedTool, OutputShape, Prompt, PromptMedia, PromptTurn, ToolResult } from '../prompt.ts'
import { countTokens } from '../tokens.ts'
import { asBlocks, asRecord, asRecords, asText, asTexts, numberOrNone, textOrNone, type Untyped } from '../untyped.ts'

/** What a Messages request asks. The body has passed the checks. */
export function readPrompt({ body, model, seed }: Call): Prompt {
  const messages = asRecords(body.messages)
  const names = callNames(messages)
  const found = foundTools(messages)
  const choice = asRecord(body.tool_choice)
  const maxTokens = numberOrNone(body.max_tokens)
  return {
    model,
    seed,
    system: [asBlocks(body.system), ...messages.filter(isSystem).map(blocksOf)].flat().map(readText).join('\n'),
    turns: messages.filter((message) => !isSystem(message)).map((message) => readTurn(message, names)),
    tools: asRecords(body.tools)
      .filter((tool) => tool.defer_loading !== true || found.has(asText(tool.name)))
      .flatMap(readTool),
    choice: readChoice(choice),
    isParallel: choice.disable_parallel_tool_use !== true,
    output: readOutput(body),
    isThinking: THINKING_TYPES.includes(asText(asRecord(body.thinking).type)),
    ...(maxTokens !== undefined && { maxTokens }),
    stops: asTexts(body.stop_sequences),
    toolTokens: body.tools === undefined ? 0 : countTokens(JSON.stringify(body.tools)),
  }
}

const THINKING_TYPES = ['enabled', 'adaptive', 'between_tools']

const isSystem = (message: Untyped): boolean => message.role === 'system'
const blocksOf = (message: Untyped): readonly Untyped[] => asBlocks(message.content)
const readText = (block: Untyped): string => asText(block.text)

/** Which tool an id was given to. */
const callNames = (messages: readonly Untyped[]): ReadonlyMap<string, string> =>
  new Map(
    messages
      .flatMap(blocksOf)
      .filter(isCall)
      .map((block) => [asText(block.id), asText(block.name)]),
  )

/** Deferred tools that a search has loaded. */
const foundTools = (messages: readonly Untyped[]): ReadonlySet<string> =>
  new Set(
    messages
      .flatMap(blocksOf)
      .filter((block) => block.type === 'tool_result')
      .flatMap((block) => asBlocks(block.content))
      .filter((block) => block.type === 'tool_reference')
      .map((block) => asText(block.tool_name)),
  )

const isCall = (block: Untyped): boolean => block.type === 'tool_use'

function readTurn(message: Untyped, names: ReadonlyMap<string, string>): PromptTurn {
  const blocks = blocksOf(message)
  const results = blocks.filter((block) => block.type === 'tool_result')
  const inside = results.flatMap((block) => asBlocks(block.content))
  return {
    role: message.role === 'assistant' ? 'assistant' : 'user',
    text: blocks
      .filter((block) => block.type === 'text')
      .map(readText)
      .join('\n'),
    media: [...blocks, ...inside].flatMap(readMedia),
    results: results.map((block) => readResult(block, names)),
  }
}

const readResult = (block: Untyped, names: ReadonlyMap<string, string>): ToolResult => ({
  name: names.get(asText(block.tool_use_id)) ?? '',
  text: asBlocks(block.content)
    .map((part) => (part.type === 'tool_reference' ? asText(part.tool_name) : readText(part)))
    .join('\n'),
  isError: block.is_error === true,
})

function readMedia(block: Untyped): readonly PromptMedia[] {
  if (block.type !== 'image' && block.type !== 'document') return []
  const source = asRecord(block.source)
  const mime = textOrNone(source.media_type) ?? (block.type === 'image' ? 'image/*' : 'application/pdf')
  if (source.type === 'base64') return [{ mime, base64: asText(source.data) }]
  if (source.type === 'text') return [{ mime, base64: Buffer.from(asText(source.data)).toString('base64') }]
  return [{ mime, url: textOrNone(source.url) ?? asText(source.file_id) }]
}

/** Tools of the vendor's own that its clients run; the rest of the typed ones would run at the vendor. */
const CLIENT_TOOLS = /^(?:bash|text_editor|memory|computer)_/
const COMMAND = { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] }

function readTool(tool: Untyped): readonly OfferedTool[] {
  const type = textOrNone(tool.type) ?? 'custom'
  const name = asText(tool.name)
  if (type === 'custom') return [{ name, kind: 'function', schema: tool.input_schema }]
  return CLIENT_TOOLS.test(type) ? [{ name, kind: 'function', schema: COMMAND }] : []
}

function readChoice(choice: Untyped): OfferedChoice {
  switch (choice.type) {
    case 'any':
      return { mode: 'required' }
    case 'tool':
      return { mode: 'required', only: [asText(choice.name)] }
    case 'none':
      return { mode: 'none' }
    default:
      return { mode: 'auto' }
  }
}

function readOutput(body: Untyped): OutputShape {
  const format = asRecord(asRecord(body.output_config).format ?? body.output_format)
  return format.type === 'json_schema' ? { kind: 'json', schema: format.schema } : { kind: 'text' }
}
