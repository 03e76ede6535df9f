import { isEnvelope } from '../../model/envelope.ts'
import { isRecord } from '../../wire/json.ts'

type Block = Readonly<Record<string, unknown>>

/** Whether a block's state is another vendor's, in an envelope of ours. */
export const isEnveloped = (block: Block): boolean =>
  [block.signature, block.data, block.encrypted_content].some((data) => typeof data === 'string' && isEnvelope(data))

/** The tool loop under way began without thoughts of this vendor's: manual thinking would be refused in it. */
export function lacksThoughts(messages: unknown): boolean {
  const content = lastAnswer(messages)
  return (
    content.some(({ type }) => type === 'tool_use') && !content.some((block) => isThought(block) && !isEnveloped(block))
  )
}

/** It lacks them because they were another vendor's. */
export const hasLostThoughts = (messages: unknown): boolean =>
  lacksThoughts(messages) && lastAnswer(messages).some(isEnveloped)

const isThought = ({ type }: Block): boolean => type === 'thinking' || type === 'redacted_thinking'

function lastAnswer(messages: unknown): readonly Block[] {
  const list: readonly unknown[] = Array.isArray(messages) ? messages : []
  const last = list.findLast((message) => isRecord(message) && message.role === 'assistant')
  return isRecord(last) && Array.isArray(last.content) ? last.content.filter(isRecord) : []
}
