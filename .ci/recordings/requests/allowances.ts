import { isDeepStrictEqual } from 'node:util'
import type { DialectId } from '../../../src/model/dialect.ts'
import { Exceptions } from '../exceptions.ts'
import type { Asking } from './asking.ts'
import type { View } from './views/view.ts'

/** A difference that the upstream's format makes unavoidable. */
interface Allowance {
  readonly why: string
  readonly fields: readonly (keyof View)[]
  readonly upstreams: readonly DialectId[]
  readonly when: (sent: View, got: View, request: string) => boolean
}

const foreign = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini'] as const
const opening = /^\(conversation resumed\) ?/

const withoutOpening = ([first, ...more]: View['turns']): View['turns'] => {
  if (!first || !opening.test(first.text)) return []
  const text = first.text.replace(opening, '')
  return text === '' ? more : [{ ...first, text }, ...more]
}

const wordsOf = ({ turns }: View): string => turns.map(({ role, text }) => `${role}: ${text}`).join(' ')

/** Whether everything that was said was said in that order, with more in between. */
function isSaidWithMore(sent: View, got: View): boolean {
  const said = wordsOf(got).split(' ')
  let at = 0
  return wordsOf(sent)
    .split(' ')
    .every((word) => (at = said.indexOf(word, at) + 1) > 0)
}

const hasAll = (got: readonly unknown[], sent: readonly unknown[]): boolean =>
  sent.every((one) => got.some((other) => isDeepStrictEqual(other, one)))

const traces =
  /"(?:server_tool_use|mcp_tool_use|executableCode|toolCall|mcp_call|web_search_call|image_generation_call)"/

export const allowances = new Exceptions<Allowance>([
  {
    why: 'These two begin with the user, who must say something.',
    fields: ['turns'],
    upstreams: ['anthropic-messages', 'gemini'],
    when: (sent, got) => isDeepStrictEqual(withoutOpening(got.turns), sent.turns),
  },
  {
    why: 'What another vendor’s tools did is told in words.',
    fields: ['turns'],
    upstreams: foreign,
    when: (sent, got, request) => traces.test(request) && isSaidWithMore(sent, got),
  },
  {
    why: 'A tool’s message holds text alone: its media follow in the user’s next one, with a line that says so.',
    fields: ['turns', 'results'],
    upstreams: ['openai-chat'],
    when: (sent, got) =>
      sent.media.length > 0 &&
      isSaidWithMore(sent, got) &&
      sent.results.every((text, at) => got.results[at]?.replace(/ ?\[\w+: see the next user message\]/g, '') === text),
  },
  {
    why: 'A reference to a tool that a search found is told in words.',
    fields: ['results'],
    upstreams: ['openai-chat', 'openai-responses', 'gemini'],
    when: (sent, got, request) =>
      /"tool_reference"/.test(request) && sent.results.every((text, at) => got.results[at]?.includes(text)),
  },
  {
    why: 'Deferred tools are offered once a search has named them: nobody else would load them later.',
    fields: ['tools'],
    upstreams: ['openai-chat', 'openai-responses', 'gemini'],
    when: (sent, got, request) =>
      /"defer_loading":true/.test(request) &&
      got.tools.every(({ name }) => sent.tools.some((tool) => tool.name === name)),
  },
  {
    why: 'A search that the client runs is a call of its tool elsewhere, and what it found is told in words.',
    fields: ['calls', 'results', 'tools'],
    upstreams: ['anthropic-messages', 'openai-chat', 'gemini'],
    when: (sent, got, request) =>
      /"tool_search/.test(request) &&
      (['calls', 'results', 'tools'] as const).every((field) => hasAll(got[field], sent[field])),
  },
  {
    why: 'A conversation that ends with the model goes on at the user’s word.',
    fields: ['turns'],
    upstreams: ['gemini'],
    when: (sent, got) =>
      isDeepStrictEqual(got.turns.slice(0, -1), sent.turns) && got.turns.at(-1)?.text === 'Continue.',
  },
  {
    why: 'No list of allowed tools: the others are not offered.',
    fields: ['tools', 'choice'],
    upstreams: ['anthropic-messages'],
    when: (sent, got) =>
      got.choice.mode === sent.choice.mode &&
      String(got.tools.map(({ name }) => name).sort()) === String(sent.choice.only),
  },
  {
    why: 'Messages refuses calls in the history of tools that are not offered: they are, and none may be called.',
    fields: ['tools', 'choice'],
    upstreams: ['anthropic-messages'],
    when: (sent, got) =>
      sent.tools.length === 0 &&
      got.choice.mode === 'none' &&
      got.tools.every(({ name }) => sent.calls.some((call) => call.name === name)),
  },
  {
    why: 'No free JSON: the model is told in words.',
    fields: ['output', 'system'],
    upstreams: ['anthropic-messages'],
    when: (sent, got) => sent.output?.length === 0 && got.system.startsWith(sent.system) && /JSON/.test(got.system),
  },
  {
    why: 'Free JSON is refused unless the word stands in the prompt.',
    fields: ['system'],
    upstreams: ['openai-chat', 'openai-responses'],
    when: (sent, got) => sent.output?.length === 0 && got.system.startsWith(sent.system),
  },
  {
    why: 'No stop strings: the answer is cut here.',
    fields: ['stop'],
    upstreams: ['openai-responses'],
    when: () => true,
  },
  {
    why: 'The representative model thinks, and then takes no sampling.',
    fields: ['temperature', 'topP'],
    upstreams: ['openai-responses'],
    when: (_, got) => got.temperature === undefined && got.topP === undefined,
  },
  {
    why: 'At least 16 tokens.',
    fields: ['maxOutput'],
    upstreams: ['openai-responses'],
    when: (sent, got) => (sent.maxOutput ?? 16) < 16 && got.maxOutput === 16,
  },
  {
    why: 'The representative model writes no more.',
    fields: ['maxOutput'],
    upstreams: ['openai-chat'],
    when: (sent, got) => (sent.maxOutput ?? 0) > 16_384 && got.maxOutput === 16_384,
  },
])

export const isAllowed = ({ body, upstream }: Asking, field: string, sent: View, got: View): boolean =>
  allowances.has(
    ({ fields, upstreams, when }) =>
      fields.some((one) => one === field) && upstreams.includes(upstream) && when(sent, got, JSON.stringify(body)),
  )
