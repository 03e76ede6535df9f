import { type Call, type Check, type Refusal, refusalAmong } from '../format.ts'
import { invalid, missing, tooLong } from '../openai-fault.ts'
import { asList, asRecord, asRecords, asText, isGiven, type Untyped } from '../untyped.ts'

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function']
const LONGEST_ID = 64
const PARTS: Readonly<Record<string, readonly string[]>> = {
  system: ['text'],
  developer: ['text'],
  user: ['text', 'image_url', 'input_audio', 'file'],
  assistant: ['text', 'refusal'],
  tool: ['text'],
}

const messages: Check<Call> = ({ body }) =>
  refusalAmong(asRecords(body.messages), (message, index) => {
    const role = asText(message.role)
    if (!ROLES.includes(role)) {
      return invalid(
        `Invalid value: '${role}'. Supported values are: ${ROLES.map((name) => `'${name}'`).join(', ')}.`,
        `messages[${index}].role`,
        'invalid_value',
      )
    }
    return checkContent(message, index) ?? checkCalls(message, index)
  })

function checkContent(
  { role, content, tool_calls: calls, refusal, audio }: Untyped,
  index: number,
): Refusal | undefined {
  const path = `messages[${index}].content`
  if (!isGiven(content)) {
    const mayLack = role === 'assistant' && (isGiven(calls) || isGiven(refusal) || isGiven(audio))
    return mayLack ? undefined : invalid(`Invalid value for 'content': expected a string, got null.`, path)
  }
  if (typeof content === 'string') return undefined
  if (!Array.isArray(content))
    return invalid(`Invalid type for '${path}': expected one of a string or array of objects.`, path, 'invalid_type')
  if (content.length === 0)
    return invalid(`Invalid '${path}': empty array. Expected an array with minimum length 1.`, path, 'empty_array')
  const supported = PARTS[asText(role)] ?? []
  const at = asList(content).findIndex((part) => !supported.includes(asText(asRecord(part).type)))
  return at < 0
    ? checkParts(content, path)
    : invalid(
        `Invalid value: '${asText(asRecord(content[at]).type)}'. Supported values are: ${supported.map((name) => `'${name}'`).join(', ')}.`,
        `${path}[${at}].type`,
        'invalid_value',
      )
}

const checkParts = (content: unknown, path: string): Refusal | undefined =>
  refusalAmong(asRecords(content), (part, index) => {
    const url = asRecord(part.image_url).url
    if (part.type === 'image_url' && typeof url !== 'string') return missing(`${path}[${index}].image_url.url`)
    const file = asRecord(part.file)
    if (isGiven(file.file_data) && !asText(file.file_data).startsWith('data:')) {
      return invalid(
        `Invalid file data: '${path}[${index}].file.file_data'. Expected a base64-encoded data URL.`,
        `${path}[${index}].file.file_data`,
        'invalid_value',
      )
    }
    return isGiven(file.file_data) && !isGiven(file.filename) ? missing(`${path}[${index}].file.filename`) : undefined
  })

const checkCalls = (message: Untyped, index: number): Refusal | undefined => {
  const path = `messages[${index}].tool_calls`
  if (Array.isArray(message.tool_calls) && message.tool_calls.length === 0) {
    return invalid(
      `Invalid '${path}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      path,
      'empty_array',
    )
  }
  return refusalAmong(asRecords(message.tool_calls), (call, at) => checkCall(call, `${path}[${at}]`))
}

function checkCall(call: Untyped, path: string): Refusal | undefined {
  const type = asText(call.type)
  if (type !== 'function' && type !== 'custom') return missing(`${path}.type`)
  if (asText(call.id) === '') return missing(`${path}.id`)
  const text = type === 'function' ? asRecord(call.function).arguments : asRecord(call.custom).input
  if (typeof text !== 'string') {
    return invalid(`Invalid type for '${path}.${type}': expected a string.`, `${path}.${type}`, 'invalid_type')
  }
  return tooLong(call.id, `${path}.id`, LONGEST_ID)
}

/** Tool messages stand directly behind the message that called, one for each call. */
const pairs: Check<Call> = ({ body }) => {
  let open: readonly string[] = []
  for (const [index, message] of asRecords(body.messages).entries()) {
    const id = asText(message.tool_call_id)
    if (message.role !== 'tool') {
      if (open.length > 0) return unanswered(open, index)
      open = asRecords(message.tool_calls).map((call) => asText(call.id))
    } else if (open.includes(id)) open = open.filter((one) => one !== id)
    else return orphan(index)
  }
  return open.length > 0 ? unanswered(open, asRecords(body.messages).length) : undefined
}

const unanswered = (ids: readonly string[], index: number): Refusal =>
  invalid(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
      `The following tool_call_ids did not have response messages: ${ids.join(', ')}`,
    `messages.[${index}].role`,
  )

const orphan = (index: number): Refusal =>
  invalid(
    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
    `messages.[${index}].role`,
  )

export const messageChecks: readonly Check<Call>[] = [messages, pairs]
