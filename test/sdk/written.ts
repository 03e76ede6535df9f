import { dialects } from '../../src/dialects/index.ts'
import type { DialectId } from '../../src/model/dialect.ts'
import type { Part, Seal } from '../../src/model/part.ts'
import { type Reply, tell } from '../../src/model/reply.ts'
import type { ChatRequest } from '../../src/model/request.ts'
import { usageOf } from '../../src/model/usage.ts'

/** The state that each format's clients are given with a thought, or with the first call. */
const seals: Record<DialectId, Seal | undefined> = {
  'anthropic-messages': { dialect: 'anthropic-messages', kind: 'signature', data: 'c2VhbA==' },
  'openai-chat': undefined,
  'openai-responses': { dialect: 'openai-responses', kind: 'encrypted', data: 'c2VhbA==' },
  gemini: { dialect: 'gemini', kind: 'thought', data: 'c2VhbA==' },
}

const text = (words: string): Part => ({ kind: 'text', text: words })
const call = (id: string, city: string): Part => ({
  kind: 'tool_call',
  id,
  name: 'get_weather',
  arguments: JSON.stringify({ city }),
  tool: { flavor: 'function' },
})
const usage = usageOf({ input: 40, cacheRead: 60, output: 18, reasoning: 12 })

/** A thought, words, and two calls at once. */
export const goldenReply = (format: DialectId): Reply => {
  const seal = seals[format]
  return {
    id: 'up_1',
    parts: [
      { kind: 'thinking', text: 'Need both.', form: 'summary', ...(seal && format !== 'gemini' && { seal }) },
      text('Checking.'),
      { ...call('call_a', 'Oslo'), ...(seal && format === 'gemini' && { seal }) },
      call('call_b', 'Rome'),
    ],
    stop: { reason: 'tool_calls' },
    usage,
  }
}

/** Answers of every shape. */
export const corpus = (format: DialectId): Readonly<Record<string, Reply>> => ({
  golden: goldenReply(format),
  words: { parts: [text('Hello 👋🏽.')], stop: { reason: 'end' }, usage },
  thoughts: { ...goldenReply(format), parts: goldenReply(format).parts.slice(0, 2), stop: { reason: 'end' } },
  'one call': { parts: [call('call_a', 'Oslo')], stop: { reason: 'tool_calls' }, usage },
  'four calls': {
    parts: ['Oslo', 'Rome', 'Bern', 'Nara'].map((city) => call(`call_${city}`, city)),
    stop: { reason: 'tool_calls' },
    usage,
  },
  'words between thoughts': {
    parts: [
      { kind: 'thinking', text: 'One.', form: 'summary' },
      text('First.'),
      { kind: 'thinking', text: 'Two.', form: 'summary' },
      text('Second.'),
    ],
    stop: { reason: 'end' },
    usage,
  },
  refusal: { parts: [{ kind: 'refusal', text: 'I will not.' }], stop: { reason: 'refusal' }, usage },
  nothing: { parts: [], stop: { reason: 'end' }, usage },
  'cut at its limit': { parts: [text('And then')], stop: { reason: 'length' }, usage },
  long: { parts: [text('word '.repeat(50_000))], stop: { reason: 'end' }, usage },
  'no usage told': { parts: [text('Hello')], stop: { reason: 'end' }, usage: usageOf({}) },
})

/** The stream that a format's client gets of a reply. */
export function written(format: DialectId, reply: Reply): string {
  let ids = 0
  const context = { requestId: 'req_1', newId: () => `new${++ids}`, nowSeconds: 1_700_000_000, inputEstimate: 7 }
  const writer = dialects[format].client.eventWriter(asked(format), context)
  return [...tell(reply)].map((event) => writer.push(event)).join('')
}

/** A request that wants everything told. */
const asked = (format: DialectId): ChatRequest => ({
  format,
  model: 'm',
  stream: 'sse',
  includeUsage: true,
  system: [],
  turns: [{ role: 'user', parts: [text('Weather?')] }],
  tools: [],
  sampling: {},
  thinking: { mode: 'default', show: 'summary' },
  output: { format: { kind: 'text' } },
  identity: {},
  native: {},
  lost: [],
})
