import type { Json } from '../../support/formats/format.ts'
import { type Deviations, each, frames, lacking, without } from './deviation.ts'
import type { OpenAISdk } from './openai-chat.ts'

const both = <const Seen>(seen: Seen) => ({ 'openai 7': seen, 'openai 6': seen })
/** The newer SDK is strict where the older one is not. */
const strict = (words: RegExp) => ({ 'openai 7': words, 'openai 6': 'ok' }) as const

/** A change of items, where they open, where they are done, and in the response that ends the stream. */
const items = (change: (item: Json, at: number) => Json) =>
  each((data) => {
    if (data.item) return { ...data, item: change(data.item, data.output_index) }
    if (data.response?.output)
      return { ...data, response: { ...data.response, output: data.response.output.map(change) } }
    return data
  })

const isCall = ({ type }: Json) => type === 'function_call'
const endsWith = (type: string, status: string, more: Json = {}) =>
  each((data) => (isEnd(data) ? { ...data, type, response: { ...data.response, status, ...more } } : data))
const isEnd = ({ type }: Json) => type === 'response.completed' || type === 'response.incomplete'

export const responsesDeviations: Deviations<OpenAISdk> = {
  'a comment': { change: (text) => `: keep-alive\n\n${text}`, seen: both('ok'), isLawful: true },
  'no response.in_progress': { change: without('response.in_progress'), seen: both('ok') },
  'no event names': { change: frames((all) => all.map(({ data }) => ({ data }))), seen: both('ok') },
  'no sequence numbers': { change: each((data) => lacking(data, 'sequence_number')), seen: both('ok') },
  'a keepalive event': {
    change: each((data) => (isEnd(data) ? [{ type: 'keepalive', sequence_number: 0 }, data] : data)),
    seen: both('ok'),
  },
  'an event that nobody knows': {
    change: each((data) => (isEnd(data) ? [{ type: 'response.mood', sequence_number: 0 }, data] : data)),
    // Earlier releases of the older one let it pass.
    seen: both(/Unhandled response stream event/),
  },
  'no response.created': { change: without('response.created'), seen: both(/response\.created/) },
  'another id of the response at the end': {
    change: each((data) => (isEnd(data) ? { ...data, response: { ...data.response, id: 'resp_other' } } : data)),
    seen: strict(/identity changed/),
  },
  'items without ids': {
    change: items((item) => (isCall(item) ? item : lacking(item, 'id'))),
    seen: strict(/non-empty output item id/),
  },
  'calls without ids, but pieces with them': {
    change: items((item) => (isCall(item) ? lacking(item, 'id') : item)),
    seen: strict(/item_id/),
  },
  'no call_id': {
    change: items((item) => (isCall(item) ? lacking(item, 'call_id') : item)),
    seen: strict(/call_id/),
  },
  'the same call_id twice': {
    change: items((item, at) => (isCall(item) && at > 0 ? { ...item, call_id: 'call_a' } : item)),
    seen: strict(/call_id|call id|identit/i),
  },
  'pieces of another item': {
    change: each((data) => (data.delta === undefined ? data : { ...data, item_id: 'msg_other' })),
    seen: strict(/item_id|identit/i),
  },
  'the same output_index twice': {
    change: each((data) => (data.output_index > 0 ? { ...data, output_index: data.output_index - 1 } : data)),
    seen: strict(/output index/i),
  },
  'text before its part is added': { change: without('response.content_part.added'), seen: both(/content/) },
  'a summary before its part is added': {
    change: without('response.reasoning_summary_part.added'),
    seen: both(/missing content at index 0/),
  },
  'no done events': {
    change: each((data) => (/\.done$/.test(String(data.type)) ? undefined : data)),
    seen: both('ok'),
  },
  'no output_item.done': { change: without('response.output_item.done'), seen: both('ok') },
  // Nobody notices but those who look at the status.
  'no last event': {
    change: each((data) => (isEnd(data) ? undefined : data)),
    seen: both({ status: 'in_progress' }),
  },
  'response.failed': {
    change: endsWith('response.failed', 'failed', { error: { code: 'server_error', message: 'Overloaded' } }),
    seen: both({ status: 'failed' }),
  },
  'an error': {
    change: each((data) => (isEnd(data) ? { type: 'error', code: 'server_error', message: 'Overloaded' } : data)),
    seen: both(/Overloaded/),
  },
  'response.incomplete': {
    change: (text) =>
      text.includes('response.incomplete')
        ? undefined
        : endsWith('response.incomplete', 'incomplete', { incomplete_details: { reason: 'max_output_tokens' } })(text),
    seen: both({ status: 'incomplete' }),
    isLawful: true,
  },
}
