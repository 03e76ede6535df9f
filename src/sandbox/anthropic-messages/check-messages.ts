import { type Call, type Check, type Refusal, refusalAmong } from '../format.ts'
import { asBlocks, asRecords, asText, isGiven, type Untyped } from '../untyped.ts'
import { invalid } from './refusal.ts'

const ROLES = ['user', 'assistant', 'system']

const roles: Check<Call> = ({ body }) => {
  const at = asRecords(body.messages).findIndex(({ role }) => !ROLES.includes(asText(role)))
  return at < 0 ? undefined : invalid(`messages.${at}.role: Input should be 'user', 'assistant' or 'system'`)
}

const contents: Check<Call> = ({ body }) =>
  refusalAmong(asRecords(body.messages), ({ content, role }, at): Refusal | undefined => {
    if (!isGiven(content)) return invalid(`messages.${at}.content: Field required`)
    const isLast = at === asRecords(body.messages).length - 1
    const isEmpty = asBlocks(content).length === 0
    return isEmpty && !(isLast && role === 'assistant')
      ? invalid(
          `messages.${at}: all messages must have non-empty content except for the optional final assistant message`,
        )
      : undefined
  })

interface Turn {
  readonly role: string
  readonly blocks: readonly Untyped[]
  /** The place of its first message. */
  readonly at: number
}

/** Neighbours of one role count as one message. */
function merged(body: Untyped): readonly Turn[] {
  const turns: { role: string; blocks: Untyped[]; at: number }[] = []
  for (const [at, { role, content }] of asRecords(body.messages).entries()) {
    const last = turns.at(-1)
    if (role === 'system') continue
    if (last && last.role === role) last.blocks.push(...asBlocks(content))
    else turns.push({ role: asText(role), blocks: [...asBlocks(content)], at })
  }
  return turns
}

const idsOf = (list: readonly Untyped[], type: string, field: string): readonly string[] =>
  list.filter((block) => block.type === type).map((block) => asText(block[field]))

/** Calls are answered at once, at the head of the next message, and nothing is answered that was not called. */
const pairs: Check<Call> = ({ body }) => {
  const turns = merged(body)
  return refusalAmong(turns, ({ blocks: list, at, role }, index) => {
    const calls = role === 'assistant' ? idsOf(list, 'tool_use', 'id') : []
    const next = turns[index + 1]?.blocks ?? []
    const head = next.slice(0, next.findIndex((block) => block.type !== 'tool_result') >>> 0)
    const open = calls.filter((id) => !idsOf(head, 'tool_result', 'tool_use_id').includes(id))
    if (open.length > 0) return invalid(unanswered(at, open))
    if (new Set(calls).size < calls.length) return invalid(`messages.${at}: \`tool_use\` ids must be unique`)
    const before = idsOf(turns[index - 1]?.blocks ?? [], 'tool_use', 'id')
    const results = idsOf(list, 'tool_result', 'tool_use_id')
    const orphan = results.find((id) => !before.includes(id))
    if (orphan !== undefined) return invalid(uncalled(at, orphan))
    return new Set(results).size < results.length
      ? invalid(
          `messages.${at}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with one id`,
        )
      : undefined
  })
}

const unanswered = (at: number, ids: readonly string[]): string =>
  `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}. ` +
  'Each `tool_use` block must have a corresponding `tool_result` block in the next message.'

const uncalled = (at: number, id: string): string =>
  `messages.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. ` +
  'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.'

const prefill: Check<Call> = ({ body }) => {
  const last = merged(body).at(-1)
  const text = asText(last?.blocks.at(-1)?.text)
  return last?.role === 'assistant' && text !== text.trimEnd()
    ? invalid('messages: final assistant content cannot end with trailing whitespace')
    : undefined
}

export const messageChecks: readonly Check<Call>[] = [roles, contents, pairs, prefill]
