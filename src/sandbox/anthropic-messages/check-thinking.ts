import { type Call, type Check, type Refusal, refusalAmong } from '../format.ts'
import { checkSeal } from '../seal.ts'
import { asBlocks, asNumber, asRecord, asRecords, asText, isGiven, type Untyped } from '../untyped.ts'
import { extra, invalid } from './refusal.ts'
import { redactedSeal, thinkingSeal } from './reply.ts'

const LEAST_BUDGET = 1024
const TYPES = ['enabled', 'adaptive', 'disabled', 'between_tools']

const control: Check<Call> = ({ body }) => {
  if (!isGiven(body.thinking)) return undefined
  const thinking = asRecord(body.thinking)
  const type = asText(thinking.type)
  if (!TYPES.includes(type)) {
    return invalid(
      `thinking: Input tag '${type}' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'`,
    )
  }
  if (type !== 'enabled') return isGiven(thinking.budget_tokens) ? extra(`thinking.${type}.budget_tokens`) : undefined
  return budget(asNumber(thinking.budget_tokens ?? Number.NaN), body) ?? company(body)
}

function budget(tokens: number, body: Untyped): Refusal | undefined {
  if (Number.isNaN(tokens)) return invalid('thinking.enabled.budget_tokens: Field required')
  if (tokens < LEAST_BUDGET) {
    return invalid(`thinking.enabled.budget_tokens: Input should be greater than or equal to ${LEAST_BUDGET}`)
  }
  return isGiven(body.max_tokens) && tokens >= asNumber(body.max_tokens)
    ? invalid('`max_tokens` must be greater than `thinking.budget_tokens`.')
    : undefined
}

/** What does not go together with a budget. */
function company(body: Untyped): Refusal | undefined {
  if (['any', 'tool'].includes(asText(asRecord(body.tool_choice).type))) {
    return invalid('Thinking may not be enabled when tool_choice forces tool use.')
  }
  if (isGiven(body.temperature) && body.temperature !== 1) {
    return invalid('`temperature` may only be set to 1 when thinking is enabled.')
  }
  return isGiven(body.top_k) ? invalid('`top_k` must be unset when thinking is enabled.') : undefined
}

const signatures: Check<Call> = ({ body }) =>
  refusalAmong(asRecords(body.messages), ({ content }, at) =>
    refusalAmong(asBlocks(content), (block, index) => checkSealed(block, `messages.${at}.content.${index}`)),
  )

/** A thought whose text was left out is still the one that was signed. */
function checkSealed(block: Untyped, path: string): Refusal | undefined {
  if (block.type !== 'thinking' && block.type !== 'redacted_thinking') return undefined
  if (isGiven(block.cache_control)) return extra(`${path}.${block.type}.cache_control`)
  if (block.type === 'redacted_thinking') {
    const found = checkSeal(Buffer.from(asText(block.data), 'base64'), { kind: redactedSeal, bound: '' })
    return found === 'foreign' ? invalid(`${path}: Invalid \`data\` in \`redacted_thinking\` block`) : undefined
  }
  if (typeof block.signature !== 'string') return invalid(`${path}.thinking.signature: Field required`)
  const bound = asText(block.thinking)
  const found = checkSeal(Buffer.from(block.signature, 'base64'), { kind: thinkingSeal, bound })
  const isGenuine = found === 'own' || (found === 'moved' && bound === '')
  return isGenuine ? undefined : invalid(`${path}: Invalid \`signature\` in \`thinking\` block`)
}

/** In the middle of a tool loop a thinking request must bring back the thought that led to the calls. */
const loop: Check<Call> = ({ body }) => {
  if (asRecord(body.thinking).type !== 'enabled') return undefined
  const messages = asRecords(body.messages)
  const at = messages.findLastIndex(({ role }) => role === 'assistant')
  const blocks = asBlocks(messages[at]?.content)
  const first = asText(blocks[0]?.type)
  const isCalling = blocks.some((block) => block.type === 'tool_use')
  return isCalling && first !== 'thinking' && first !== 'redacted_thinking'
    ? invalid(
        `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. ` +
          'When `thinking` is enabled, a final `assistant` message must start with a thinking block.',
      )
    : undefined
}

export const thinkingChecks: readonly Check<Call>[] = [control, signatures, loop]
