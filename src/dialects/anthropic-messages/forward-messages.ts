import { changed } from '../../model/loss.ts'
import { isRecord } from '../../wire/json.ts'
import type { Patch } from './patch.ts'

type Message = Readonly<Record<string, unknown>>

export interface MessageRules {
  /** `role: "system"` in the middle of the conversation. */
  readonly takesSystem: boolean
  /** Fields of a message and of a cache mark that betas switch on. */
  readonly betas: boolean
  /** `tool_reference` in a result. */
  readonly toolFields: boolean
}

/** The conversation for a server or a model that knows fewer roles, blocks and fields. */
export function editMessages(messages: unknown, rules: MessageRules, patch: Patch): void {
  if (!Array.isArray(messages)) return
  const edited = messages.map((message) => (isRecord(message) ? editMessage(message, rules) : message))
  const seated: unknown[] = rules.takesSystem ? edited : seatSystem(edited, patch)
  for (const [at, message] of messages.entries()) {
    if (seated[at] === undefined) patch.remove(['messages', at])
    else if (seated[at] !== message) tell(message, seated[at], ['messages', at], patch)
  }
}

/** Assistants' messages keep their blocks, which other edits of ours may touch. */
function tell(before: unknown, after: unknown, path: readonly (string | number)[], patch: Patch): void {
  if (isRecord(before) && isRecord(after) && before.role === 'assistant') {
    for (const field of Object.keys(before)) if (!(field in after)) patch.remove([...path, field])
  } else patch.set(path, after)
}

function editMessage(message: Message, rules: MessageRules): Message {
  const bare = rules.betas ? message : withoutFields(message)
  if (bare.role === 'assistant' || !Array.isArray(bare.content)) return bare
  const content = bare.content.map((block) => (isRecord(block) ? editBlock(block, rules) : block))
  return content.some((block, at) => block !== (bare.content as readonly unknown[])[at]) ? { ...bare, content } : bare
}

function withoutFields(message: Message): Message {
  if (!('output_config' in message) && !('clear_at' in message)) return message
  const { output_config: _config, clear_at: _clear, ...rest } = message
  return rest
}

function editBlock(block: Message, rules: MessageRules): Message {
  const mark = block.cache_control
  const marked =
    !rules.betas && isRecord(mark) && 'scope' in mark ? { ...block, cache_control: plainMark(mark) } : block
  if (rules.toolFields || marked.type !== 'tool_result' || !Array.isArray(marked.content)) return marked
  const content = marked.content.map((inner) => (isRecord(inner) ? referenceText(inner) : inner))
  return { ...marked, content }
}

const referenceText = (block: Message): Message =>
  block.type === 'tool_reference' ? { type: 'text', text: `Tool "${block.tool_name}" is available.` } : block

/** A mark without what betas add to it. */
export const plainMark = ({ scope: _scope, ...mark }: Message): Message => mark

/** Instructions in the middle join the user's message before them, as a text that models know for one. Undefined: moved away. */
function seatSystem(messages: readonly unknown[], patch: Patch): unknown[] {
  const seated = [...messages]
  for (const [at, message] of messages.entries()) {
    if (!isRecord(message) || message.role !== 'system') continue
    const host = lastSeat(seated, at)
    const previous = host === undefined ? undefined : seated[host]
    const reminder = blocksOf(message).map(asReminder)
    patch.lose(changed(`messages[${at}]`))
    if (host === undefined || !isRecord(previous) || previous.role !== 'user') {
      seated[at] = { role: 'user', content: reminder }
      continue
    }
    seated[host] = { ...previous, content: [...blocksOf(previous), ...reminder] }
    seated[at] = undefined
  }
  return seated
}

function lastSeat(seated: readonly unknown[], before: number): number | undefined {
  const at = seated.findLastIndex((message, index) => index < before && message !== undefined)
  return at < 0 ? undefined : at
}

const blocksOf = ({ content }: Message): readonly unknown[] =>
  Array.isArray(content) ? content : [{ type: 'text', text: String(content ?? '') }]

const asReminder = (block: unknown): unknown =>
  isRecord(block) && block.type === 'text'
    ? { ...block, text: `<system-reminder>\n${block.text}\n</system-reminder>` }
    : block
