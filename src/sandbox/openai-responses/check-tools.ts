import { type Call, type Check, type Refusal, refusalAmong } from '../format.ts'
import { invalid, missing } from '../openai-fault.ts'
import { strictProblem } from '../strict-schema.ts'
import { asRecord, asRecords, asText, isGiven, quoted, type Untyped } from '../untyped.ts'

const NAME = /^[a-zA-Z0-9_-]{1,64}$/
const NAMED = ['function', 'custom', 'namespace']
const CHOICES = ['none', 'auto', 'required']

const tools: Check<Call> = ({ body }) =>
  refusalAmong(asRecords(body.tools), (tool, index) => checkTool(tool, `tools[${index}]`))

function checkTool(tool: Untyped, path: string): Refusal | undefined {
  const type = asText(tool.type)
  if (type === '') return missing(`${path}.type`)
  if (!NAMED.includes(type)) return undefined
  if (!isGiven(tool.name)) return missing(`${path}.name`)
  if (!NAME.test(asText(tool.name))) {
    return invalid(
      `Invalid '${path}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      `${path}.name`,
      'invalid_value',
    )
  }
  if (type === 'namespace')
    return refusalAmong(asRecords(tool.tools), (member, at) => checkTool(member, `${path}.tools[${at}]`))
  return type === 'function' ? checkSchema(tool, path) : undefined
}

/** Strict is what a function is unless it says otherwise. */
function checkSchema({ name, parameters, strict }: Untyped, path: string): Refusal | undefined {
  if (isGiven(parameters) && asRecord(parameters).type !== 'object') {
    return wrongSchema(`Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"'.`, path)
  }
  const isStrict = strict === true || (strict === undefined && isGiven(parameters))
  const problem = isStrict ? strictProblem(parameters) : undefined
  return problem === undefined ? undefined : wrongSchema(`Invalid schema for function '${name}': ${problem}`, path)
}

const wrongSchema = (message: string, path: string): Refusal =>
  invalid(message, `${path}.parameters`, 'invalid_function_parameters')

const choice: Check<Call> = ({ body }) => {
  const value = body.tool_choice
  if (!isGiven(value)) return undefined
  if (typeof value === 'string') {
    return CHOICES.includes(value)
      ? undefined
      : invalid(
          `Invalid value: '${quoted(value)}'. Supported values are: 'none', 'auto', and 'required'.`,
          'tool_choice',
          'invalid_value',
        )
  }
  const wanted = asRecord(value)
  if (isGiven(wanted.function)) return missing('tool_choice.name')
  const members = asRecords(body.tools).flatMap((tool) => [tool, ...asRecords(tool.tools)])
  const isKnown = !isGiven(wanted.name) || members.some(({ name }) => name === wanted.name)
  return isKnown
    ? undefined
    : invalid(`Tool choice '${asText(wanted.name)}' not found in 'tools' parameter.`, 'tool_choice')
}

export const toolChecks: readonly Check<Call>[] = [tools, choice]
