import { type Call, type Check, refusalAmong } from '../format.ts'
import { asBlocks, asRecord, asRecords, asText, isGiven, textOrNone, type Untyped } from '../untyped.ts'
import { extra, invalid } from './refusal.ts'

const NAME = /^[a-zA-Z0-9_-]{1,128}$/
const COMBINATORS = ['anyOf', 'oneOf', 'allOf']
/** How the other formats spell a tool. */
const FOREIGN = ['function', 'parameters', 'functionDeclarations', 'format']

const tools: Check<Call> = ({ body }) => refusalAmong(asRecords(body.tools), checkTool)

function checkTool(tool: Untyped, index: number) {
  const type = textOrNone(tool.type) ?? 'custom'
  if (type === 'function') {
    return invalid(
      `tools.${index}: Input tag 'function' found using 'type' does not match any of the expected tags: 'custom', …`,
    )
  }
  if (type !== 'custom') return undefined
  const foreign = FOREIGN.find((field) => tool[field] !== undefined)
  if (foreign !== undefined) return extra(`tools.${index}.custom.${foreign}`)
  if (!NAME.test(asText(tool.name))) {
    return invalid(`tools.${index}.custom.name: String should match pattern '${NAME.source}'`)
  }
  return checkSchema(tool, `tools.${index}.custom.input_schema`)
}

function checkSchema(tool: Untyped, path: string) {
  if (!isGiven(tool.input_schema)) return invalid(`${path}: Field required`)
  const schema = asRecord(tool.input_schema)
  if (!isGiven(schema.type)) return invalid(`${path}.type: Field required`)
  if (schema.type !== 'object') return invalid(`${path}.type: Input should be 'object'`)
  return COMBINATORS.some((name) => name in schema)
    ? invalid(`${path}: input_schema does not support oneOf, allOf, or anyOf at the top level`)
    : undefined
}

const areUnique: Check<Call> = ({ body }) => {
  const names = asRecords(body.tools)
    .map((tool) => asText(tool.name))
    .filter(Boolean)
  return new Set(names).size < names.length ? invalid('tools: Tool names must be unique.') : undefined
}

const choice: Check<Call> = ({ body }) => {
  const value = body.tool_choice
  if (!isGiven(value)) return undefined
  const { type, name } = asRecord(value)
  if (!['auto', 'any', 'tool', 'none'].includes(asText(type))) {
    return invalid(
      `tool_choice: Input tag '${asText(type)}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`,
    )
  }
  if (asRecords(body.tools).length === 0) return invalid('tool_choice may only be specified while providing tools.')
  const isKnown = type !== 'tool' || asRecords(body.tools).some((tool) => tool.name === name)
  return isKnown ? undefined : invalid(`Tool '${asText(name)}' not found in provided tools`)
}

const areDeclared: Check<Call> = ({ body }) => {
  const isUsed = asRecords(body.messages)
    .flatMap((message) => asBlocks(message.content))
    .some((block) => block.type === 'tool_use' || block.type === 'tool_result')
  return isUsed && asRecords(body.tools).length === 0
    ? invalid('Requests which include `tool_use` or `tool_result` blocks must define tools.')
    : undefined
}

export const toolChecks: readonly Check<Call>[] = [tools, areUnique, choice, areDeclared]
