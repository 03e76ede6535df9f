import type { Json } from '../../support/formats/format.ts'
import { jsonOf, readFrames } from '../frames.ts'
import { type Deviations, each, lacking } from './deviation.ts'

export type GoogleSdk = 'genai 3'

/** A change of the first answer in each chunk. */
const candidate = (change: (candidate: Json) => Json) =>
  each((data) =>
    data.candidates?.length > 0
      ? { ...data, candidates: [change(data.candidates[0]), ...data.candidates.slice(1)] }
      : data,
  )

const gone = { contents: 0 }

export const geminiDeviations: Deviations<GoogleSdk> = {
  // Older SDKs throw at it, so none is written.
  'a comment': { change: (text) => `: keep-alive\r\n\r\n${text}`, seen: { 'genai 3': 'ok' } },
  'an event name before the data': {
    change: (text) => text.replaceAll('data: ', 'event: message\r\ndata: '),
    seen: { 'genai 3': { text: '', calls: [] } },
  },
  'no blank line at the end': {
    change: (text) => text.trimEnd(),
    seen: { 'genai 3': /Incomplete JSON segment/ },
  },
  'an array instead of events': {
    change: (text) => JSON.stringify(jsonOf(readFrames(text))),
    seen: { 'genai 3': /Incomplete JSON segment/ },
  },
  'a [DONE]': { change: (text) => `${text}data: [DONE]\r\n\r\n`, seen: { 'genai 3': /JSON/ } },
  'an error in the middle': {
    change: each((data) =>
      data.candidates?.[0]?.finishReason
        ? { error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } }
        : data,
    ),
    seen: { 'genai 3': /Overloaded/ },
  },
  'no finish reason': {
    change: candidate((one) => lacking(one, 'finishReason')),
    seen: { 'genai 3': gone },
  },
  'a last chunk without content': {
    change: candidate((one) => (one.finishReason ? lacking(one, 'content') : one)),
    seen: { 'genai 3': gone },
  },
  'content without its role': {
    change: candidate((one) => ({ ...one, content: lacking(one.content, 'role') })),
    seen: { 'genai 3': gone },
  },
  'a chunk of usage alone': {
    change: each((data) =>
      data.candidates?.[0]?.finishReason ? [lacking(data, 'usageMetadata'), lacking(data, 'candidates')] : data,
    ),
    seen: { 'genai 3': gone },
  },
  'other line ends': {
    change: (text) => text.replaceAll('\r\n', '\n'),
    seen: { 'genai 3': 'ok' },
    isLawful: true,
  },
}
