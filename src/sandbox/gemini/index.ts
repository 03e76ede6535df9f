import { firstValue } from '../../wire/headers.ts'
import { type Call, type Format, firstRefusal, isRefusal, type Refusal } from '../format.ts'
import { geminiListing } from '../model-list.ts'
import { countPrompt } from '../prompt.ts'
import { asRecord, asRecords, isGiven, numberOrNone, type Untyped } from '../untyped.ts'
import { configChecks } from './check-config.ts'
import { contentChecks } from './check-contents.ts'
import { turnChecks } from './check-turns.ts'
import { invalid, isArrayStream, isStream, writeFault } from './fault.ts'
import { readProto } from './proto.ts'
import { readPrompt } from './read.ts'
import { writeReply } from './reply.ts'
import { writeBreak, writeStream } from './stream.ts'

/** The generateContent format. @see https://ai.google.dev/api/generate-content */
export const gemini: Format = {
  read(given) {
    const call = normalized(given)
    if (isRefusal(call)) return call
    return (
      firstRefusal([...contentChecks, ...turnChecks, ...configChecks], call) ?? {
        prompt: readPrompt(call),
        choices: numberOrNone(asRecord(call.body.generationConfig).candidateCount) ?? 1,
        isStream: isStream(call.url),
        cacheable: cacheable(call),
        reply: (answers) => writeReply(call, answers),
        stream: (answers) => writeStream(call, answers),
        breakOff: (framesSent) => writeBreak(call.url, framesSent),
      }
    )
  },
  count(given) {
    const read = readProto(given.body, 'countRequest')
    if ('violations' in read) return violated(read.violations)
    const inner = read.body.generateContentRequest
    if (isGiven(inner) && isGiven(read.body.contents)) {
      return invalid('Only one of contents and generateContentRequest may be set.')
    }
    const call = { ...given, body: isGiven(inner) ? asRecord(inner) : read.body }
    const refusal = firstRefusal(contentChecks, call)
    const totalTokens = refusal ? 0 : countPrompt(readPrompt(call))
    return refusal ?? { counted: { totalTokens, promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] } }
  },
  refuse: writeFault,
  modelName: (_: Untyped, url) => /\/models\/([^/]+):\w+$/.exec(decodeURIComponent(url.pathname))?.[1] ?? '',
  unknownModel: (name) => ({
    status: 404,
    message:
      `models/${name} is not found for API version v1beta, or is not supported for generateContent. ` +
      'Call ListModels to see the list of available models and their supported methods.',
  }),
  key: (headers, url) =>
    firstValue(headers['x-goog-api-key']) ??
    firstValue(headers.authorization)?.replace(/^Bearer\s*/i, '') ??
    url.searchParams.get('key') ??
    undefined,
  noKey: { status: 401, message: 'API key not valid. Please pass a valid API key.' },
  listing: geminiListing,
  requestIdHeader: 'x-request-id',
  streamType: (url) => (isArrayStream(url) ? 'application/json; charset=UTF-8' : 'text/event-stream'),
}

/** Each part of a turn counts for itself, so that a turn may grow. */
const cacheable = ({ body }: Call): readonly string[] =>
  [
    body.systemInstruction ?? '',
    ...asRecords(body.tools),
    ...asRecords(body.contents).flatMap(({ role, parts }) => asRecords(parts).map((part) => ({ role, part }))),
  ].map((part) => JSON.stringify(part))

function normalized(call: Call): Call | Refusal {
  const read = readProto(call.body, 'request')
  return 'violations' in read ? violated(read.violations) : { ...call, body: read.body }
}

const violated = (violations: readonly string[]): Refusal =>
  invalid(violations.map((violation) => `Invalid JSON payload received. ${violation}`).join('\n'))
