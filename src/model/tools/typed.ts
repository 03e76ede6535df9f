import type { CustomTool, FunctionTool, JsonSchema, TypedTool } from '../request.ts'
import { type TypedForm, typedForms } from './typed-forms.ts'

/**
 * The function that stands for a typed tool where its vendor's type is unknown. Its arguments are those of the typed call
 * (for Responses: the object that is the item's `action` or `operation`). Undefined: nothing but the vendor's own model can use it.
 */
export function functionForm(tool: TypedTool): FunctionTool | undefined {
  const form = formOf(tool)
  if (form === undefined) return undefined
  const { description, parameters } = tool.value
  return {
    kind: 'function',
    name: tool.name,
    // A client that describes its tool itself (a tool search of its own) knows it better.
    description: typeof description === 'string' && description !== '' ? description : form.description,
    schema: isSchema(parameters) ? parameters : form.schema,
    strict: false,
    ...(tool.cache && { cache: tool.cache }),
    ...(tool.deferred !== undefined && { deferred: tool.deferred }),
  }
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const formOf = (tool: TypedTool): TypedForm | undefined =>
  typedForms.find((form) => form.dialect === tool.dialect && form.type.test(tool.type))

/** The schema that a free-text tool gets where only functions are known. */
export const freeTextSchema: JsonSchema = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
}

/** The description with what else the client said of the input, for targets without a place for it. */
export function fullDescription(tool: FunctionTool | CustomTool): string | undefined {
  const lines = [tool.description, tool.kind === 'function' ? exampleLine(tool) : grammarLine(tool)]
  const said = lines.filter((line) => line !== undefined && line !== '')
  return said.length === 0 ? tool.description : said.join('\n\n')
}

const exampleLine = ({ examples }: FunctionTool): string | undefined =>
  examples === undefined || examples.length === 0
    ? undefined
    : `Examples:\n${examples.map((example) => JSON.stringify(example)).join('\n')}`

const grammarLine = ({ grammar }: CustomTool): string | undefined =>
  grammar && `The input is free text that must match this ${grammarNames[grammar.syntax]}:\n${grammar.definition}`

const grammarNames = { lark: 'Lark grammar', regex: 'regular expression' } as const
