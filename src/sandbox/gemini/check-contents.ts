import { type Call, type Check, type Refusal, refusalAmong } from '../format.ts'
import { countPrompt } from '../prompt.ts'
import { asRecord, asRecords, asText, isGiven, type Untyped } from '../untyped.ts'
import { invalid, invalidField } from './fault.ts'
import { readPrompt } from './read.ts'

const ROLES = ['user', 'model', 'function']
const DATA = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
]

const contents: Check<Call> = ({ body }) => {
  const list = asRecords(body.contents)
  return list.length === 0 ? invalidField('contents', 'contents is not specified') : refusalAmong(list, checkContent)
}

function checkContent({ role, parts }: Untyped, index: number): Refusal | undefined {
  if (isGiven(role) && !ROLES.includes(asText(role))) return invalid('Please use a valid role: user, model.')
  if (asRecords(parts).length === 0) {
    return invalidField(`contents[${index}].parts`, 'contents.parts must not be empty.')
  }
  return refusalAmong(asRecords(parts), (part, at) => checkPart(part, `contents[${index}].parts[${at}]`))
}

function checkPart(part: Untyped, path: string): Refusal | undefined {
  const data = DATA.filter((name) => isGiven(part[name]))
  if (data.length === 0)
    return invalidField(`${path}.data`, "required oneof field 'data' must have one initialized field")
  if (data.length > 1)
    return invalid(`Invalid value at '${path}' (oneof), oneof field 'data' is already set. Cannot set '${data[1]}'`)
  const blob = asRecord(part.inlineData)
  if (isGiven(part.inlineData) && !isGiven(blob.mimeType))
    return invalidField(`${path}.inline_data.mime_type`, 'mime_type is required')
  return namesFunction(part, path)
}

function namesFunction(part: Untyped, path: string): Refusal | undefined {
  const response = asRecord(part.functionResponse)
  if (isGiven(part.functionResponse) && asText(response.name) === '') {
    return invalidField(`${path}.function_response.name`, 'Name cannot be empty.')
  }
  if (isGiven(part.functionResponse) && !isGiven(response.response)) {
    return invalidField(`${path}.function_response.response`, 'response is required')
  }
  return isGiven(part.functionCall) && asText(asRecord(part.functionCall).name) === ''
    ? invalidField(`${path}.function_call.name`, 'Name cannot be empty.')
    : undefined
}

const isShortEnough: Check<Call> = (call) => {
  const tokens = countPrompt(readPrompt(call))
  return tokens > call.model.contextTokens
    ? invalid(
        `The input token count (${tokens}) exceeds the maximum number of tokens allowed (${call.model.contextTokens}).`,
      )
    : undefined
}

export const contentChecks: readonly Check<Call>[] = [contents, isShortEnough]
