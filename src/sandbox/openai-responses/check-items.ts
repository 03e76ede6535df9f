import { type Call, type Check, type Refusal, refusalAmong } from '../format.ts'
import { invalid, missing, tooLong } from '../openai-fault.ts'
import { checkSeal } from '../seal.ts'
import { asText, isGiven, rowOf, type Untyped } from '../untyped.ts'
import { itemsOf, OUTPUT_TYPES, partsOf, typeOf } from './items.ts'
import { reasoningSeal } from './output.ts'

const LONGEST_ID = 64

/** How an item's own id begins, where the vendor insists on it. */
const PREFIXES: Readonly<Record<string, string>> = {
  message: 'msg',
  reasoning: 'rs',
  function_call: 'fc',
  custom_tool_call: 'ctc',
  web_search_call: 'ws',
}

/** What each role may say. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  user: ['input_text', 'input_image', 'input_file'],
  system: ['input_text'],
  developer: ['input_text'],
  assistant: ['output_text', 'refusal', 'input_text'],
}

const TEXT_FIELDS: Readonly<Record<string, string>> = { function_call: 'arguments', custom_tool_call: 'input' }

const items: Check<Call> = ({ body }) =>
  refusalAmong(itemsOf(body), (item, index) => {
    const path = `input[${index}]`
    return checkId(item, path) ?? checkType(item, path) ?? tooLong(item.call_id, `${path}.call_id`, LONGEST_ID)
  })

function checkId(item: Untyped, path: string): Refusal | undefined {
  const prefix = rowOf(PREFIXES, typeOf(item))
  if (!isGiven(item.id) || prefix === undefined) return undefined
  return asText(item.id).startsWith(`${prefix}_`)
    ? tooLong(item.id, `${path}.id`, LONGEST_ID)
    : invalid(
        `Invalid '${path}.id': '${item.id}'. Expected an ID that begins with '${prefix}'.`,
        `${path}.id`,
        'invalid_value',
      )
}

function checkType(item: Untyped, path: string): Refusal | undefined {
  const type = typeOf(item)
  switch (type) {
    case 'message':
      return checkMessage(item, path)
    case 'reasoning':
      return checkReasoning(item, path)
    case 'function_call':
    case 'custom_tool_call':
      return checkCall(item, path)
    case 'item_reference':
      return { status: 404, message: `Item with id '${item.id}' not found.`, param: 'input', code: null }
    case 'tool_use':
    case 'tool_result':
    case 'text':
      return invalid(
        `Invalid value: '${type}'. Supported values are: 'message', 'reasoning', 'function_call', …`,
        path,
        'invalid_value',
      )
    default:
      return checkOutput(item, path)
  }
}

function checkMessage({ role, content }: Untyped, path: string): Refusal | undefined {
  const supported = rowOf(PARTS, asText(role))
  if (!supported) {
    return invalid(
      `Invalid value: '${role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`,
      path,
      'invalid_value',
    )
  }
  if (!isGiven(content)) return missing(`${path}.content`)
  if (typeof content === 'string') return undefined
  return refusalAmong(partsOf(content), ({ type }, index) =>
    supported.includes(asText(type))
      ? undefined
      : invalid(
          `Invalid value: '${type}'. Supported values are: ${supported.map((name) => `'${name}'`).join(', ')}.`,
          `${path}.content[${index}]`,
          'invalid_value',
        ),
  )
}

function checkReasoning(item: Untyped, path: string): Refusal | undefined {
  if (!Array.isArray(item.summary)) return missing(`${path}.summary`)
  if (!isGiven(item.encrypted_content)) return undefined
  const seal = Buffer.from(asText(item.encrypted_content), 'base64url')
  const found = checkSeal(seal, { kind: reasoningSeal, bound: asText(item.id) })
  // Without an id there is nothing to compare, as the vendor does it.
  if (found === 'own' || (found === 'moved' && !isGiven(item.id))) return undefined
  const reason =
    found === 'moved'
      ? 'Encrypted content item_id did not match the target item id.'
      : 'Encrypted content could not be decrypted or parsed.'
  return invalid(
    `The encrypted content for item ${asText(item.id)} could not be verified. Reason: ${reason}`,
    null,
    'invalid_encrypted_content',
  )
}

function checkCall(item: Untyped, path: string): Refusal | undefined {
  const field = TEXT_FIELDS[typeOf(item)] ?? 'arguments'
  for (const name of ['call_id', 'name']) if (asText(item[name]) === '') return missing(`${path}.${name}`)
  return typeof item[field] === 'string'
    ? undefined
    : invalid(`Invalid type for '${path}.${field}': expected a string.`, `${path}.${field}`, 'invalid_type')
}

function checkOutput(item: Untyped, path: string): Refusal | undefined {
  if (!Object.values(OUTPUT_TYPES).includes(typeOf(item))) return undefined
  if (asText(item.call_id) === '') return missing(`${path}.call_id`)
  if (!isGiven(item.output)) return missing(`${path}.output`)
  return refusalAmong(partsOf(item.output), ({ type }, index) =>
    PARTS.user?.includes(asText(type))
      ? undefined
      : invalid(
          `Invalid value: '${type}'. Supported values are: 'input_text', 'input_image', and 'input_file'.`,
          `${path}.output[${index}]`,
          'invalid_value',
        ),
  )
}

export const itemChecks: readonly Check<Call>[] = [items]
