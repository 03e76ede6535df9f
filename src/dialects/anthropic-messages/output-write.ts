import type { Capabilities } from '../../model/capability.ts'
import type { ChatRequest, JsonSchema, OutputFormat } from '../../model/request.ts'
import { cleanSchema } from '../../model/schema.ts'
import type { Concessions } from '../concessions.ts'
import type { Written } from '../dialect.ts'
import type { WireTool } from './shapes.ts'

export interface WrittenOutput {
  /** `output_config.format`. */
  readonly format?: { readonly type: 'json_schema'; readonly schema: JsonSchema }
  /** A further instruction. */
  readonly hint?: string
  /** A tool whose arguments are the answer. */
  readonly tool?: WireTool & { readonly name: string }
  readonly emulate?: Written['emulate']
}

interface OutputAsk {
  readonly request: ChatRequest
  readonly capabilities: Capabilities
}

/** The form of the answer. Older models know no schema output: they are made to call a tool whose arguments are the answer. */
export function writeOutput({ request, capabilities }: OutputAsk, given: Concessions): WrittenOutput {
  const { format, verbosity, modalities } = request.output
  if (verbosity !== undefined && verbosity !== 'medium') given.drop('verbosity')
  const spoken = modalities?.find((modality) => modality !== 'text')
  if (spoken) given.refuse('modalities', `this model answers in text, not ${spoken}`)
  const schema = wantedSchema(format)
  if (format.kind === 'json') {
    given.change('response_format')
    return { hint: 'Reply with one JSON object only.' }
  }
  if (!schema) return {}
  const unwrap = format.kind === 'enum' ? { textFromValue: true } : undefined
  if (capabilities.schemaOutput) return { ...native(schema, request, given), ...(unwrap && { emulate: unwrap }) }
  given.change('response_format')
  const name = freeName(request)
  const { schema: cleaned } = cleanSchema(schema, 'anthropic-tool')
  return {
    tool: { name, description: 'Gives the answer. Always call this tool to answer.', input_schema: cleaned },
    emulate: { textFromTool: name, ...unwrap },
  }
}

function wantedSchema(format: OutputFormat['format']): JsonSchema | undefined {
  if (format.kind === 'schema') return format.schema
  if (format.kind !== 'enum') return undefined
  return {
    type: 'object',
    properties: { value: { type: 'string', enum: format.values } },
    required: ['value'],
    additionalProperties: false,
  }
}

function native(schema: JsonSchema, { format }: ChatRequest, given: Concessions): WrittenOutput {
  if (format === 'anthropic-messages') return { format: { type: 'json_schema', schema } }
  const cleaned = cleanSchema(schema, 'anthropic-strict')
  if (cleaned.lost.length > 0) given.change('response_format')
  return { format: { type: 'json_schema', schema: cleaned.schema } }
}

function freeName({ tools }: ChatRequest): string {
  const taken = new Set(tools.map((tool) => ('name' in tool ? tool.name : '')))
  return ['json', 'json_answer', 'causeway_json_answer'].find((name) => !taken.has(name)) ?? 'json_answer_'
}
