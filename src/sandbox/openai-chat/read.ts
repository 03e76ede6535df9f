import { parseDataUrl } from '../../wire/media.ts'
import type { Call } from '../format.ts'
import type { OfferedChoice, OfferedTool, OutputShape, Prompt, PromptMedia, PromptTurn } from '../prompt.ts'
import { countTokens } from '../tokens.ts'
import { asBlocks, asRecord, asRecords, asText, asTexts, numberOrNone, type Untyped } from '../untyped.ts'

/** What a Chat Completions request asks. The body has passed the checks. */
export function readPrompt({ body, model, seed }: Call): Prompt {
  const messages = asRecords(body.messages)
  const names = callNames(messages)
  const maxTokens = numberOrNone(body.max_completion_tokens) ?? numberOrNone(body.max_tokens)
  const effort = asText(body.reasoning_effort)
  return {
    model,
    seed,
    system: messages.filter(isSystem).map(textOf).join('\n'),
    turns: messages.filter((message) => !isSystem(message)).map((message) => readTurn(message, names)),
    tools: asRecords(body.tools).map(readTool),
    choice: readChoice(body.tool_choice),
    isParallel: body.parallel_tool_calls !== false,
    output: readOutput(asRecord(body.response_format)),
    isThinking: effort !== '' && effort !== 'none',
    ...(maxTokens !== undefined && { maxTokens }),
    stops: asTexts(body.stop),
    toolTokens: body.tools === undefined ? 0 : countTokens(JSON.stringify(body.tools)),
  }
}

const isSystem = (message: Untyped): boolean => message.role === 'system' || message.role === 'developer'

const textOf = (message: Untyped): string =>
  asBlocks(message.content)
    .map((part) => asText(part.text))
    .filter(Boolean)
    .join('\n')

const callNames = (messages: readonly Untyped[]): ReadonlyMap<string, string> =>
  new Map(
    messages
      .flatMap((message) => asRecords(message.tool_calls))
      .map((call) => [asText(call.id), asText(asRecord(call.function ?? call.custom).name)]),
  )

function readTurn(message: Untyped, names: ReadonlyMap<string, string>): PromptTurn {
  const text = textOf(message)
  if (message.role === 'tool') {
    const name = names.get(asText(message.tool_call_id)) ?? ''
    return { role: 'user', text: '', media: [], results: [{ name, text, isError: false }] }
  }
  const role = message.role === 'assistant' ? 'assistant' : 'user'
  return { role, text, media: asBlocks(message.content).flatMap(readMedia), results: [] }
}

function readMedia(part: Untyped): readonly PromptMedia[] {
  switch (part.type) {
    case 'image_url':
      return [mediaAt(asText(asRecord(part.image_url).url), 'image/*')]
    case 'input_audio': {
      const audio = asRecord(part.input_audio)
      return [{ mime: `audio/${asText(audio.format)}`, base64: asText(audio.data) }]
    }
    case 'file': {
      const file = asRecord(part.file)
      return [mediaAt(asText(file.file_data ?? file.file_id), 'application/pdf')]
    }
    default:
      return []
  }
}

function mediaAt(url: string, mime: string): PromptMedia {
  return parseDataUrl(url) ?? { mime, url }
}

function readTool(tool: Untyped): OfferedTool {
  const custom = asRecord(tool.custom)
  if (tool.type === 'custom') return { name: asText(custom.name), kind: 'custom' }
  const { name, parameters } = asRecord(tool.function)
  return { name: asText(name), kind: 'function', schema: parameters }
}

function readChoice(choice: unknown): OfferedChoice {
  if (choice === 'none' || choice === 'required') return { mode: choice }
  const wanted = asRecord(choice)
  const name = asRecord(wanted.function ?? wanted.custom).name
  if (typeof name === 'string') return { mode: 'required', only: [name] }
  const allowed = asRecord(wanted.allowed_tools)
  const only = asRecords(allowed.tools).map((tool) => asText(asRecord(tool.function ?? tool.custom).name))
  return wanted.type === 'allowed_tools'
    ? { mode: allowed.mode === 'required' ? 'required' : 'auto', only }
    : { mode: 'auto' }
}

function readOutput(format: Untyped): OutputShape {
  if (format.type === 'json_schema') return { kind: 'json', schema: asRecord(format.json_schema).schema }
  return format.type === 'json_object' ? { kind: 'json' } : { kind: 'text' }
}
