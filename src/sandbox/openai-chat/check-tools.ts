import { type Call, type Check, type Refusal, refusalAmong } from '../format.ts'
import { invalid, missing } from '../openai-fault.ts'
import { strictProblem } from '../strict-schema.ts'
import { asRecord, asRecords, asText, isGiven, quoted, type Untyped } from '../untyped.ts'

const NAME = /^[a-zA-Z0-9_-]{1,64}$/

const isFilled: Check<Call> = ({ body }) => {
  const { tools } = body
  if (Array.isArray(tools) && tools.length === 0) {
    return invalid(
      "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'tools',
      'empty_array',
    )
  }
  const field = ['tool_choice', 'parallel_tool_calls'].find((name) => isGiven(body[name]) && !isGiven(tools))
  return field === undefined || body[field] === 'none'
    ? undefined
    : invalid(`'${field}' is only allowed when 'tools' are specified.`, field)
}

const tools: Check<Call> = ({ body }) => refusalAmong(asRecords(body.tools), checkTool)

function checkTool(tool: Untyped, index: number): Refusal | undefined {
  const type = asText(tool.type)
  const path = `tools[${index}]`
  if (type !== 'function' && type !== 'custom') {
    return invalid(
      `Invalid value: '${type}'. Supported values are: 'function' and 'custom'.`,
      `${path}.type`,
      'invalid_value',
    )
  }
  if (!isGiven(tool[type])) return missing(`${path}.${type}`)
  const { name, parameters, strict } = asRecord(tool[type])
  if (!NAME.test(asText(name))) {
    return invalid(
      `Invalid '${path}.${type}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `${path}.${type}.name`,
      'invalid_value',
    )
  }
  if (isGiven(parameters) && asRecord(parameters).type !== 'object') {
    return invalid(
      `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${quoted(asRecord(parameters).type)}"'.`,
      `${path}.function.parameters`,
      'invalid_function_parameters',
    )
  }
  const problem = strict === true ? strictProblem(parameters) : undefined
  return problem === undefined
    ? undefined
    : invalid(
        `Invalid schema for function '${name}': ${problem}`,
        `${path}.function.parameters`,
        'invalid_function_parameters',
      )
}

const choice: Check<Call> = ({ body }) => {
  const wanted = asRecord(body.tool_choice)
  const name = asRecord(wanted.function ?? wanted.custom).name
  if (body.tool_choice === 'any' || wanted.type === 'tool') {
    return invalid(
      "Invalid value: 'any'. Supported values are: 'none', 'auto', and 'required'.",
      'tool_choice',
      'invalid_value',
    )
  }
  const isKnown = asRecords(body.tools).some((tool) => asRecord(tool.function ?? tool.custom).name === name)
  return name === undefined || isKnown
    ? undefined
    : invalid(`Tool choice '${asText(name)}' not found in 'tools' parameter.`, 'tool_choice')
}

export const toolChecks: readonly Check<Call>[] = [isFilled, tools, choice]
