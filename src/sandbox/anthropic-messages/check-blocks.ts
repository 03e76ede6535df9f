import { isRecord } from '../../wire/json.ts'
import { type Call, type Check, type Refusal, refusalAmong } from '../format.ts'
import { asBlocks, asRecord, asRecords, asText, isGiven, rowOf, type Untyped } from '../untyped.ts'
import { version } from './check-body.ts'
import { extra, invalid } from './refusal.ts'

const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image', 'document', 'search_result', 'tool_result', 'container_upload'],
  system: ['text', 'tool_addition', 'tool_removal'],
}
const FOREIGN_BLOCKS = [
  'input_text',
  'output_text',
  'image_url',
  'input_image',
  'input_file',
  'file',
  'input_audio',
  'function_call',
]
const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']
const MOST_MARKS = 4

/** Blocks with their place, for messages that name it. */
interface Placed {
  readonly block: Untyped
  readonly role: string
  readonly path: string
}

const placed = (body: Untyped): readonly Placed[] =>
  asRecords(body.messages).flatMap((message, at) =>
    asBlocks(message.content).map((block, index) => ({
      block,
      role: asText(message.role),
      path: `messages.${at}.content.${index}`,
    })),
  )

const blocks: Check<Call> = (call) => refusalAmong(placed(call.body), (item) => checkBlock(item, call))

function checkBlock(item: Placed, call: Call): Refusal | undefined {
  const type = asText(item.block.type)
  const allowed = rowOf(BLOCKS, item.role)
  if (FOREIGN_BLOCKS.includes(type) || (allowed && !allowed.includes(type))) {
    return invalid(
      `${item.path}: Input tag '${type}' found using 'type' does not match any of the expected tags: 'text', …`,
    )
  }
  return rowOf(BLOCK_RULES, type)?.(item, call)
}

const BLOCK_RULES: Readonly<Record<string, (item: Placed, call: Call) => Refusal | undefined>> = {
  text: ({ block, role, path }, call) => {
    if (asText(block.text) === '') return invalid('messages: text content blocks must be non-empty')
    if (asText(block.text).trim() === '')
      return invalid('messages: text content blocks must contain non-whitespace text')
    const cites = asRecords(block.citations).length > 0 && role === 'user'
    return cites && version(call) === '2026-10-21' ? extra(`${path}.text.citations`) : undefined
  },
  image: ({ block, path }) => checkImage(asRecord(block.source), path),
  document: ({ role, path }, call) =>
    role === 'assistant' && version(call) === '2026-10-21'
      ? invalid(`${path}: document blocks are not permitted in assistant messages`)
      : undefined,
  tool_use: ({ block, path }) => checkCall(block, path),
}

function checkImage(source: Untyped, path: string): Refusal | undefined {
  if (source.type !== 'base64') return undefined
  if (!IMAGE_TYPES.includes(asText(source.media_type))) {
    return invalid(
      `${path}.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`,
    )
  }
  return /^[A-Za-z\d+/]+={0,2}$/.test(asText(source.data))
    ? undefined
    : invalid(`${path}.image.source.base64.data: invalid base64 data`)
}

function checkCall(block: Untyped, path: string): Refusal | undefined {
  if (!/^[a-zA-Z0-9_-]+$/.test(asText(block.id))) {
    return invalid(`${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`)
  }
  if (!/^[a-zA-Z0-9_-]{1,200}$/.test(asText(block.name))) {
    return invalid(`${path}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,200}$'`)
  }
  return isRecord(block.input) ? undefined : invalid(`${path}.tool_use.input: Input should be a valid dictionary`)
}

const marks: Check<Call> = ({ body }) => {
  const list = [...asRecords(body.tools), ...asRecords(body.system), ...placed(body).map(({ block }) => block)]
  const marked = list.filter((block) => isGiven(block.cache_control)).length
  return marked > MOST_MARKS
    ? invalid(`A maximum of ${MOST_MARKS} blocks with cache_control may be provided. Found ${marked}.`)
    : undefined
}

export const blockChecks: readonly Check<Call>[] = [blocks, marks]
