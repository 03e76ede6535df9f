import { bedrockConverse } from '../../../src/dialects/bedrock-converse/index.ts'
import { type ModelTraits, plainTraits } from '../../../src/dialects/bedrock-converse/quirks.ts'
import type { Written } from '../../../src/dialects/dialect.ts'
import { anyModel, type Capabilities } from '../../../src/model/capability.ts'
import type { Fault } from '../../../src/model/fault.ts'
import type { Part } from '../../../src/model/part.ts'
import type { ChatRequest, FunctionTool, Turn } from '../../../src/model/request.ts'

export const user = (...parts: (Part | string)[]): Turn => ({ role: 'user', parts: parts.map(asPart) })
export const assistant = (...parts: (Part | string)[]): Turn => ({ role: 'assistant', parts: parts.map(asPart) })
const asPart = (part: Part | string): Part => (typeof part === 'string' ? { kind: 'text', text: part } : part)

export const call = (id: string, name: string, text = '{}'): Part => ({
  kind: 'tool_call',
  id,
  name,
  tool: { flavor: 'function' },
  arguments: text,
})
export const result = (id: string, ...parts: Part[]): Part => ({
  kind: 'tool_result',
  id,
  tool: { flavor: 'function' },
  parts,
})

export const weather: FunctionTool = {
  kind: 'function',
  name: 'weather',
  description: 'Tells the weather.',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

export const ask = (over: Partial<ChatRequest> = {}): ChatRequest => ({
  format: 'anthropic-messages',
  model: 'm',
  stream: false,
  system: [],
  turns: [user('Hello')],
  tools: [],
  sampling: {},
  thinking: { mode: 'default' },
  output: { format: { kind: 'text' } },
  identity: {},
  native: {},
  lost: [],
  ...over,
})

/** A model that takes Anthropic's fields, as Claude does. */
export const claudeTraits: ModelTraits = {
  thinking: 'thinking',
  cachePoints: true,
  schemaOutput: true,
  forcedTools: true,
}

export interface Model {
  readonly capabilities?: Partial<Capabilities>
  readonly traits?: Partial<ModelTraits>
}

export function write(request: ChatRequest, { capabilities, traits }: Model = {}): Written | Fault {
  const target = {
    model: 'm',
    capabilities: { ...anyModel, ...capabilities },
    quirks: { autoCache: false, traits: () => ({ ...plainTraits, ...traits }) },
  }
  const written = bedrockConverse.writeRequest(request, target)
  return written.ok ? written.value : written.fault
}

export function written(request: ChatRequest, model: Model = {}): Written {
  const done = write(request, model)
  if ('class' in done) throw new Error(`refused: ${done.message}`)
  return done
}

export const lostFields = (done: Written): string[] => done.lost.map(({ field, how }) => `${how} ${field}`)
