import type { Json } from '../../support/formats/format.ts'
import { type Deviations, each, frames, lacking } from './deviation.ts'

export type OpenAISdk = 'openai 7' | 'openai 6'

const both = <const Seen>(seen: Seen) => ({ 'openai 7': seen, 'openai 6': seen })

/** A change of what a chunk's first choice says. */
const choice = (change: (choice: Json, at: number) => Json) =>
  each((data, at) =>
    data.choices?.length > 0 ? { ...data, choices: [change(data.choices[0], at), ...data.choices.slice(1)] } : data,
  )

/** A change of every piece of a call. */
const calls = (change: (call: Json) => Json) =>
  choice((one) =>
    one.delta.tool_calls ? { ...one, delta: { ...one.delta, tool_calls: one.delta.tool_calls.map(change) } } : one,
  )

const isOpening = (call: Json) => call.id !== undefined

export const chatDeviations: Deviations<OpenAISdk> = {
  'a comment': { change: (text) => `: keep-alive\n\n${text}`, seen: both('ok'), isLawful: true },
  'no [DONE]': { change: frames((all) => all.filter(({ data }) => data !== '[DONE]')), seen: both('ok') },
  'more after [DONE]': { change: (text) => `${text}data: more\n\n`, seen: both('ok') },
  'empty data': { change: (text) => `data:\n\n${text}`, seen: both(/JSON/) },
  'an event without data': { change: (text) => `event: ping\n\n${text}`, seen: both(/JSON/) },
  'no role': { change: choice((one) => ({ ...one, delta: lacking(one.delta, 'role') })), seen: both(/role/) },
  'a call without its type': { change: calls((call) => lacking(call, 'type')), seen: both(/type/) },
  'a call without its index': {
    change: calls((call) => lacking(call, 'index')),
    // The older one loses them and says nothing.
    seen: { 'openai 7': /index/, 'openai 6': { calls: [], stop: 'tool_calls' } },
  },
  'no finish reason': {
    change: choice((one) => ({ ...one, finish_reason: null })),
    seen: both(/finish_reason/),
  },
  // Other clients put the names together.
  'a name that is empty in later pieces': {
    change: calls((call) => (isOpening(call) ? call : { ...call, function: { ...call.function, name: '' } })),
    seen: both('ok'),
  },
  'an id in every piece': {
    change: calls((call) => (isOpening(call) ? call : { ...call, id: `call_${call.index}` })),
    seen: both('ok'),
  },
  // Which is how it must be told; this SDK alone does not put it together.
  'a thought in several pieces': {
    change: each((data) => {
      const thought: unknown = data.choices?.[0]?.delta.reasoning_content
      if (typeof thought !== 'string' || thought.length < 2) return data
      return [thought.slice(0, 1), thought.slice(1)].map((piece) => ({
        ...data,
        choices: [{ ...data.choices[0], delta: { ...data.choices[0].delta, reasoning_content: piece } }],
      }))
    }),
    seen: both({ text: 'Checking.' }),
    isLawful: true,
  },
  'an error in the middle': {
    change: each((data) =>
      data.choices?.[0]?.finish_reason ? { error: { message: 'Overloaded', type: 'server_error' } } : data,
    ),
    seen: both(/Overloaded|Error/),
  },
}
