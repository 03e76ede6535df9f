import type { ChatRequest, FunctionTool, ServerToolOffer, Tool, ToolChoice } from '../../model/request.ts'
import { readGeminiSchema, readJsonSchema } from '../../model/schema.ts'
import { isRecord } from '../../wire/json.ts'
import { readMcp } from './mcp.ts'
import { type Message, memberOf, readList, readMessage, readText, readTexts, readWord } from './proto.ts'

/** Every member of a tool object is a tool of its own. */
export function readTools(value: unknown): readonly Tool[] {
  return readList(value).flatMap((tool) =>
    Object.entries(tool).flatMap(([type, member]): readonly Tool[] => {
      if (member === undefined || member === null) return []
      if (type === 'functionDeclarations') return readList(member).flatMap(readFunction)
      if (type === 'mcpServers') return readList(member).map(readMcp)
      const server = servers[type]
      return [server ? readServer(type, server, member) : { kind: 'opaque', dialect: 'gemini', type, value: member }]
    }),
  )
}

type ReadChoice = Pick<ChatRequest, 'toolChoice' | 'native'>

/** `VALIDATED` is `AUTO` whose calls obey their schemas. What has no neutral meaning stays in `native` under its dotted path. */
export function readToolConfig(config: Message): ReadChoice {
  const calling = memberOf(config, 'functionCallingConfig')
  const mode = readWord(calling.mode)
  const names = readTexts(calling.allowedFunctionNames)
  const only = names.length > 0 && { only: names.map((name) => ({ name })) }
  const toolChoice = choices[mode ?? '']
  const { functionCallingConfig: _, ...rest } = config
  const { mode: __, allowedFunctionNames: ___, ...callingRest } = calling
  return {
    ...(toolChoice && { toolChoice: toolChoice === 'none' ? { mode: toolChoice } : { mode: toolChoice, ...only } }),
    native: {
      ...dotted('toolConfig', rest),
      ...dotted('toolConfig.functionCallingConfig', callingRest),
      ...(mode === 'validated' && names.length === 0 && { 'toolConfig.functionCallingConfig.mode': 'VALIDATED' }),
    },
  }
}

const choices: Readonly<Record<string, ToolChoice['mode']>> = {
  auto: 'auto',
  validated: 'auto',
  any: 'required',
  none: 'none',
}

const dotted = (path: string, members: Message): Message =>
  Object.fromEntries(
    Object.entries(members).flatMap(([key, value]) => (value === null ? [] : [[`${path}.${key}`, value]])),
  )

function readFunction(declaration: Message): FunctionTool[] {
  const name = readText(declaration.name)
  if (name === undefined) return []
  const description = readText(declaration.description)
  const { parametersJsonSchema: json, parameters, name: _, description: __, ...rest } = declaration
  const schema = isRecord(json) ? readJsonSchema(json) : isRecord(parameters) ? readGeminiSchema(parameters) : undefined
  return [
    {
      kind: 'function',
      name,
      ...(description !== undefined && { description }),
      ...(schema && { schema }),
      strict: false,
      ...(Object.keys(rest).length > 0 && { native: rest }),
    },
  ]
}

interface ServerKind {
  readonly tool: ServerToolOffer['tool']
  readonly name: string
}

const search = { tool: 'web_search', name: 'google_search' } as const

const servers: Readonly<Record<string, ServerKind>> = {
  googleSearch: search,
  googleSearchRetrieval: search,
  enterpriseWebSearch: search,
  urlContext: { tool: 'web_fetch', name: 'url_context' },
  codeExecution: { tool: 'code', name: 'code_execution' },
}

function readServer(type: string, { tool, name }: ServerKind, member: unknown): ServerToolOffer {
  const value = readMessage(member) ?? {}
  const blockedDomains = readTexts(value.excludeDomains)
  return {
    kind: 'server',
    tool,
    dialect: 'gemini',
    type,
    name,
    ...(blockedDomains.length > 0 && { blockedDomains }),
    value,
  }
}
