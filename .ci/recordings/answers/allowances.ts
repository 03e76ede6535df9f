import { type DialectId, dialectIds } from '../../../src/model/dialect.ts'
import { Exceptions } from '../exceptions.ts'
import type { Answer } from '../folder.ts'
import type { View } from '../views/view.ts'

/** A difference that a client's format, or the recording itself, makes unavoidable. */
interface Allowance {
  readonly why: string
  readonly field: string
  readonly clients: readonly DialectId[]
  readonly when: (answer: Answer, sent: View, got: View) => boolean
}

const every = dialectIds
const without = (client: DialectId): DialectId[] => dialectIds.filter((id) => id !== client)
const picture = /!\[image\]\([^)]*\)/g

const isClientSearch = ({ told }: Answer): boolean =>
  /"tool_search_call"/.test(told.kind === 'whole' ? told.bytes.toString() : JSON.stringify(told).replaceAll('\\"', '"'))

const refusedWith = ({ told }: Answer, code: string): boolean =>
  told.kind === 'refused' && JSON.stringify(told.body).includes(`"code":"${code}"`)

export const allowances = new Exceptions<Allowance>([
  {
    why: 'Chat Completions has no place for what a search found and nobody cited.',
    field: 'found',
    clients: ['openai-chat'],
    when: (_, sent, got) => String(got.found) === String(sent.citations),
  },
  {
    why: 'Messages has no pictures in answers: they are told as a link in the text.',
    field: 'images',
    clients: ['anthropic-messages'],
    when: (_, sent, got) => got.text.match(picture)?.length === sent.images,
  },
  {
    why: 'The same link.',
    field: 'text',
    clients: ['anthropic-messages'],
    when: (_, sent, got) => sent.images > 0 && got.text.replaceAll(picture, '') === sent.text,
  },
  {
    why: 'A refusal is a content part of Responses and must say something; this one came without an explanation.',
    field: 'text',
    clients: ['openai-responses'],
    when: (_, sent, got) => sent.stop === 'refusal' && sent.text + sent.refusal === '' && got.refusal !== '',
  },
  {
    why: 'Half a tool call must not look like an answer; Gemini alone has a word for it.',
    field: 'error',
    clients: without('gemini'),
    when: (_, sent) => sent.stop === 'malformed_call',
  },
  {
    why: 'A background answer that is not there yet: nothing to translate.',
    field: 'error',
    clients: every,
    when: (_, sent) => sent.stop === '?queued',
  },
  {
    why: 'The model’s call was malformed, which is not the client’s fault: told as 502, so that another channel is tried.',
    field: 'status',
    clients: every,
    when: (answer) => refusedWith(answer, 'tool_use_failed'),
  },
  {
    why: 'A model that does not exist is 404 in every format.',
    field: 'status',
    clients: every,
    when: (answer) => refusedWith(answer, 'model_not_found'),
  },
  {
    why: 'A search that the client runs is a call of its tool elsewhere.',
    field: 'calls',
    clients: without('openai-responses'),
    when: (answer, sent, got) => isClientSearch(answer) && got.calls.length > sent.calls.length,
  },
  {
    why: 'And so the answer stops for it.',
    field: 'stop',
    clients: without('openai-responses'),
    when: (answer, sent, got) => isClientSearch(answer) && sent.stop === 'end' && got.stop === 'tool_calls',
  },
  {
    why: 'The recording’s deltas say less than its last snapshot.',
    field: 'text',
    clients: every,
    when: ({ name }) => name === 'openai--openai-shell-container.1.chunks.txt',
  },
  {
    why: 'The recording is several answers in one: it ends its turn and has calls, which Anthropic never says together.',
    field: 'stop',
    clients: every,
    when: ({ name }) => name === 'anthropic--anthropic-programmatic-tool-calling.1.json',
  },
])

export const isAllowed = (answer: Answer, client: DialectId, field: string, sent: View, got: View): boolean =>
  allowances.has((one) => one.field === field && one.clients.includes(client) && one.when(answer, sent, got))
