import type { DialectId } from '../../../src/model/dialect.ts'
import type { Json } from '../../support/formats/format.ts'

/** What an upstream was asked, in words that all four formats share. Neighbours of one role are one turn. */
export interface Heard {
  /** Leading instructions, block by block. */
  readonly system: readonly string[]
  readonly turns: readonly HeardTurn[]
  readonly tools: readonly Json[]
  /** `auto`, `none`, `required`, or the mode with the names it is narrowed to. */
  readonly choice: string | undefined
}

export interface HeardTurn {
  readonly role: 'user' | 'assistant' | 'system'
  readonly parts: readonly Json[]
}

/** Reads the body of a request to an upstream; written by hand so that it can judge our writers. */
export const heard: Record<DialectId, (body: Json) => Heard> = {
  'anthropic-messages': (body) => ({
    system: (typeof body.system === 'string' ? [{ text: body.system }] : (body.system ?? [])).map(textIn),
    turns: merged(
      body.messages.map(({ role, content }: Json) => ({ role, parts: blocks(content).map(anthropicPart) })),
    ),
    tools: (body.tools ?? []).map(({ name, description, input_schema, ...more }: Json) => ({
      name,
      description,
      schema: input_schema,
      ...more,
    })),
    choice: body.tool_choice && anthropicChoice(body.tool_choice),
  }),
  'openai-chat': (body) => {
    const from = body.messages.findIndex(({ role }: Json) => role !== 'system' && role !== 'developer')
    const lead: Json[] = from < 0 ? body.messages : body.messages.slice(0, from)
    return {
      system: lead.flatMap(({ content }) => blocks(content).map(textIn)),
      turns: merged((from < 0 ? [] : body.messages.slice(from)).map(chatTurn)),
      tools: (body.tools ?? []).map((tool: Json) => named(tool.function ?? tool.custom)),
      choice: body.tool_choice && openaiChoice(body.tool_choice),
    }
  },
  'openai-responses': (body) => {
    const items: Json[] = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : body.input
    return {
      system: body.instructions === undefined ? [] : [body.instructions],
      turns: merged(items.map(itemTurn)),
      tools: (body.tools ?? []).map(named),
      choice: body.tool_choice && openaiChoice(body.tool_choice),
    }
  },
  gemini: (body) => ({
    system: (body.systemInstruction?.parts ?? []).map(textIn),
    turns: merged(
      body.contents.map(({ role, parts }: Json) => ({
        role: role === 'model' ? 'assistant' : 'user',
        parts: parts.map(geminiPart),
      })),
    ),
    tools: (body.tools ?? []).flatMap(({ functionDeclarations }: Json) =>
      (functionDeclarations ?? []).map(({ parametersJsonSchema, ...more }: Json) => ({
        ...more,
        schema: parametersJsonSchema,
      })),
    ),
    choice: body.toolConfig?.functionCallingConfig && geminiChoice(body.toolConfig.functionCallingConfig),
  }),
}

const textIn = ({ text }: Json): string => text
const blocks = (content: string | Json[]): Json[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? [])
const named = ({ parameters, ...more }: Json): Json => ({ ...more, schema: parameters })

function merged(turns: readonly HeardTurn[]): HeardTurn[] {
  const found: HeardTurn[] = []
  for (const turn of turns) {
    const last = found.at(-1)
    if (last?.role === turn.role) found[found.length - 1] = { ...last, parts: [...last.parts, ...turn.parts] }
    else found.push(turn)
  }
  return found
}

const text = (value: string): Json => ({ kind: 'text', text: value })

function anthropicPart(block: Json): Json {
  if (block.type === 'text') return text(block.text)
  if (block.type === 'tool_use') return { kind: 'call', id: block.id, name: block.name, input: block.input }
  if (block.type === 'tool_result')
    return {
      kind: 'result',
      id: block.tool_use_id,
      text: blocks(block.content)
        .filter(({ type }) => type === 'text')
        .map(textIn)
        .join('\n'),
      ...(block.is_error && { isError: true }),
    }
  if (block.source?.type === 'base64') return media(block.source.media_type, block.source.data)
  return { kind: block.type, block }
}

const media = (mime: string, data: string): Json => ({ kind: 'media', mime, data })

function fromDataUrl(url: string): Json {
  const [, mime, data] = /^data:([^;,]*);base64,(.*)$/s.exec(url) ?? []
  return mime === undefined || data === undefined ? { kind: 'url', url } : media(mime, data)
}

function chatTurn(message: Json): HeardTurn {
  if (message.role === 'tool')
    return {
      role: 'user',
      parts: [{ kind: 'result', id: message.tool_call_id, text: blocks(message.content).map(textIn).join('\n') }],
    }
  const calls: Json[] = message.tool_calls ?? []
  return {
    role: message.role === 'developer' ? 'system' : message.role,
    parts: [
      ...(message.content === null ? [] : blocks(message.content).map(openaiPart)),
      ...calls.map(({ id, function: called, custom }) =>
        called
          ? { kind: 'call', id, name: called.name, input: JSON.parse(called.arguments) }
          : { kind: 'call', id, name: custom.name, input: custom.input },
      ),
    ],
  }
}

function openaiPart(part: Json): Json {
  if (typeof part.text === 'string') return text(part.text)
  if (part.type === 'image_url') return fromDataUrl(part.image_url.url)
  if (part.type === 'input_image') return fromDataUrl(part.image_url)
  const file = part.file ?? part
  if (file.file_data) return fromDataUrl(file.file_data)
  return { kind: part.type, block: part }
}

function itemTurn(item: Json): HeardTurn {
  if (item.type === 'function_call')
    return {
      role: 'assistant',
      parts: [{ kind: 'call', id: item.call_id, name: item.name, input: JSON.parse(item.arguments) }],
    }
  if (item.type === 'function_call_output')
    return {
      role: 'user',
      parts: [
        {
          kind: 'result',
          id: item.call_id,
          text: blocks(item.output)
            .filter(({ text: said }) => said !== undefined)
            .map(textIn)
            .join('\n'),
        },
      ],
    }
  if (item.type !== undefined && item.type !== 'message')
    return { role: item.type.endsWith('_output') ? 'user' : 'assistant', parts: [{ kind: item.type, block: item }] }
  return {
    role: item.role === 'developer' ? 'system' : item.role,
    parts: blocks(item.content).map(openaiPart),
  }
}

function geminiPart(part: Json): Json {
  if (part.functionCall)
    return { kind: 'call', id: part.functionCall.id, name: part.functionCall.name, input: part.functionCall.args ?? {} }
  if (part.functionResponse) {
    const { id, name, response } = part.functionResponse
    const isError = 'error' in response
    return {
      kind: 'result',
      id,
      name,
      text: isError ? response.error : response.output,
      ...(isError && { isError: true }),
    }
  }
  if (part.inlineData) return media(part.inlineData.mimeType, part.inlineData.data)
  if (part.thought) return { kind: 'thinking', text: part.text }
  return part.text === undefined ? { kind: 'other', block: part } : text(part.text)
}

const anthropicChoice = ({ type, name }: Json): string =>
  type === 'tool' ? `required ${name}` : type === 'any' ? 'required' : type

function openaiChoice(choice: string | Json): string {
  if (typeof choice === 'string') return choice
  const set = choice.allowed_tools ?? choice
  if (choice.type === 'allowed_tools')
    return `${set.mode} ${set.tools.map((tool: Json) => tool.name ?? tool.function.name).join(' ')}`
  return `required ${choice.name ?? choice.function?.name ?? choice.custom?.name}`
}

function geminiChoice({ mode, allowedFunctionNames = [] }: Json): string {
  const modes: Record<string, string> = { AUTO: 'auto', NONE: 'none', ANY: 'required', VALIDATED: 'auto' }
  return [modes[mode], ...allowedFunctionNames].join(' ')
}
