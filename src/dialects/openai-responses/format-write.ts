import type { ChatRequest, JsonSchema, OutputFormat } from '../../model/request.ts'
import { cleanSchema, satisfiesStrict } from '../../model/schema.ts'
import type { Item } from './shapes.ts'
import type { Writing } from './writing.ts'

type SchemaFormat = Extract<OutputFormat['format'], { kind: 'schema' }>

/** The `text` field. May put a message before `input`: JSON without a schema must be asked for in words. */
export function writeFormat({ output }: ChatRequest, input: Item[], writing: Writing): Record<string, unknown> {
  const format = formatOf(output.format, input, writing)
  const text = { ...(format && { format }), ...(output.verbosity && { verbosity: output.verbosity }) }
  return Object.keys(text).length > 0 ? { text } : {}
}

function formatOf(
  format: OutputFormat['format'],
  input: Item[],
  writing: Writing,
): Record<string, unknown> | undefined {
  switch (format.kind) {
    case 'text':
      return undefined
    case 'json':
      return askForJson(input, 'Reply with one JSON object only.', writing)
    case 'enum':
      return schemaFormat(enumSchema(format.values), input, writing)
    case 'schema':
      return schemaFormat(format, input, writing)
  }
}

/** The server refuses this format unless the input says "JSON". */
function askForJson(input: Item[], words: string, writing: Writing): Record<string, unknown> {
  if (!/json/i.test(JSON.stringify(input)))
    input.unshift({ type: 'message', role: writing.quirks.systemRole, content: words })
  return { type: 'json_object' }
}

function schemaFormat(format: SchemaFormat, input: Item[], writing: Writing): Record<string, unknown> {
  if (!writing.target.capabilities.schemaOutput) {
    writing.change('response_format')
    return askForJson(
      input,
      `Reply with JSON only, valid against this schema:\n${JSON.stringify(format.schema)}`,
      writing,
    )
  }
  return {
    type: 'json_schema',
    name: legalName(format.name),
    ...(format.description !== undefined && { description: format.description }),
    ...fitting(format, writing),
  }
}

/** Obeyed to the letter where the schema allows it, unless the client said not to. */
function fitting(format: SchemaFormat, writing: Writing): { schema: JsonSchema; strict: boolean } {
  if (format.strict !== false) {
    const cleaned = cleanSchema(format.schema, 'openai-strict')
    if (satisfiesStrict(cleaned.schema)) {
      if (cleaned.lost.length > 0) writing.change('response_format')
      return { schema: cleaned.schema, strict: true }
    }
    if (format.strict) writing.change('strict')
  }
  return { schema: cleanSchema(format.schema, 'openai-loose').schema, strict: false }
}

const legalName = (name: string | undefined): string => {
  const clean = (name ?? '').replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64)
  return clean === '' ? 'response' : clean
}

/** One of these words, as the only field of an object: the format's schemas begin with one. */
const enumSchema = (values: readonly string[]): SchemaFormat => ({
  kind: 'schema',
  name: 'choice',
  strict: true,
  schema: {
    type: 'object',
    properties: { value: { type: 'string', enum: values } },
    required: ['value'],
    additionalProperties: false,
  },
})
