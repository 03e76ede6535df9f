import type { Json } from '../../support/formats/format.ts'
import { readFrames, writeFrames } from '../frames.ts'
import { type Deviations, each, frames, lacking, without } from './deviation.ts'

export type AnthropicSdk = 'sdk 1.12' | 'sdk 0.137'

const both = <const Seen>(seen: Seen) => ({ 'sdk 1.12': seen, 'sdk 0.137': seen })

const isDelta = (data: Json, type: string) => data.type === 'content_block_delta' && data.delta.type === type

/** The calls of the golden reply, without what they are called with. */
const withoutArguments = {
  calls: [
    { name: 'get_weather', input: {} },
    { name: 'get_weather', input: {} },
  ],
}

/** Every call with these arguments. */
const calledWith = (json: string) =>
  each((data) => (isDelta(data, 'input_json_delta') ? { ...data, delta: { ...data.delta, partial_json: json } } : data))

export const anthropicDeviations: Deviations<AnthropicSdk> = {
  'no event names': {
    change: frames((all) => all.map(({ data }) => ({ data }))),
    seen: both(/without sending any chunks/),
  },
  'no message_stop': { change: without('message_stop'), seen: both(/without producing a Message/) },
  'a second message_start': {
    change: frames((all) => [...all.slice(0, 1), ...all]),
    seen: both(/Unexpected event order/),
  },
  // The worst of all: nobody notices.
  'a gap in the indices before blocks with deltas': {
    change: each((data) => (data.index > 0 ? { ...data, index: data.index + 1 } : data)),
    seen: both({ text: '', ...withoutArguments }),
  },
  'a gap in the indices before a block without deltas': {
    change: frames((all) => {
      const { calls } = lastCall(all)
      return calls.length === 0 ? all : all.flatMap((frame) => (calls.includes(frame) ? gapped(frame) : [frame]))
    }),
    seen: both({ calls: [{ input: { city: 'Oslo' } }, { input: {} }] }),
  },
  'a message_delta without usage': {
    change: each((data) => (data.type === 'message_delta' ? lacking(data, 'usage') : data)),
    seen: both(/undefined/),
  },
  'arguments that are no JSON': { change: calledWith('Oslo, please'), seen: both(/JSON/) },
  // The older one takes what it can read, and says nothing.
  'arguments that are nearly JSON': {
    change: calledWith('{"city": Oslo'),
    seen: { 'sdk 1.12': /JSON/, 'sdk 0.137': withoutArguments },
  },
  'empty arguments alone': {
    change: calledWith(''),
    seen: both(withoutArguments),
    isLawful: true,
  },
  'no arguments at all': {
    change: each((data) => (isDelta(data, 'input_json_delta') ? undefined : data)),
    seen: both(withoutArguments),
    isLawful: true,
  },
  'a thinking block that opens without a signature': {
    change: each((data) =>
      data.content_block?.type === 'thinking'
        ? { ...data, content_block: lacking(data.content_block, 'signature') }
        : data,
    ),
    seen: both('ok'),
  },
  'two signatures': {
    change: each((data) =>
      isDelta(data, 'signature_delta') ? [{ ...data, delta: { ...data.delta, signature: 'Zmlyc3Q=' } }, data] : data,
    ),
    seen: both('ok'),
  },
  'an event that nobody knows': {
    change: each((data) => (data.type === 'message_delta' ? [{ type: 'message_mood' }, data] : data)),
    seen: both('ok'),
  },
  'a block that nobody knows': {
    change: each((data) =>
      data.content_block?.type === 'text' ? { ...data, content_block: { ...data.content_block, type: 'mood' } } : data,
    ),
    seen: both({ calls: [{ input: { city: 'Oslo' } }, { input: { city: 'Rome' } }] }),
  },
  'an error in the middle': {
    change: each((data) =>
      data.type === 'message_delta'
        ? { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
        : data.type === 'message_stop'
          ? undefined
          : data,
    ),
    seen: both(/Overloaded/),
  },
  'half a stream': {
    change: (text) => {
      const all = readFrames(text)
      return writeFrames(all.slice(0, Math.ceil(all.length / 2)))
    },
    seen: both(/without producing a Message/),
  },
}

type Frames = ReturnType<typeof readFrames>

/** The frames of the last call. */
function lastCall(all: readonly Frames[number][]): { calls: Frames } {
  const opens = all.flatMap(({ data }) =>
    typeof data !== 'string' && data.content_block?.type === 'tool_use' ? [data.index] : [],
  )
  const last = opens.at(-1)
  return { calls: all.filter(({ data }) => typeof data !== 'string' && last !== undefined && data.index === last) }
}

function gapped({ event, data }: Frames[number]): Frames {
  if (typeof data === 'string' || data.type === 'content_block_delta') return []
  return [{ ...(event !== undefined && { event }), data: { ...data, index: data.index + 1 } }]
}
