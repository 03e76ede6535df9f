import { type Call, type Format, firstRefusal } from '../format.ts'
import { openaiListing } from '../model-list.ts'
import { noOpenaiKey, openaiKey, unknownOpenaiModel, writeOpenaiFault } from '../openai-fault.ts'
import { countPrompt } from '../prompt.ts'
import { asRecords, asText } from '../untyped.ts'
import { bodyChecks, countChecks } from './check-body.ts'
import { itemChecks } from './check-items.ts'
import { pairChecks } from './check-pairs.ts'
import { toolChecks } from './check-tools.ts'
import { itemsOf } from './items.ts'
import { readPrompt } from './read.ts'
import { writeReply } from './reply.ts'
import { writeFailure, writeStream } from './stream.ts'

/** The Responses format. @see https://platform.openai.com/docs/api-reference/responses */
export const openaiResponses: Format = {
  read: (call) =>
    firstRefusal([...bodyChecks, ...sharedChecks], call) ?? {
      prompt: readPrompt(call),
      choices: 1,
      isStream: call.body.stream === true,
      cacheable: cacheable(call),
      reply: ([first]) => first && writeReply(call, first),
      stream: ([first]) => (first ? writeStream(call, first) : []),
      breakOff: (framesSent) => writeFailure(call, framesSent),
    },
  count: (call) =>
    firstRefusal([...countChecks, ...sharedChecks], call) ?? {
      counted: { object: 'response.input_tokens', input_tokens: countPrompt(readPrompt(call)) },
    },
  refuse: writeOpenaiFault,
  modelName: (body) => asText(body.model),
  unknownModel: unknownOpenaiModel,
  key: openaiKey,
  noKey: noOpenaiKey,
  listing: openaiListing,
  requestIdHeader: 'x-request-id',
  streamType: () => 'text/event-stream; charset=utf-8',
}

const cacheable = ({ body }: Call): readonly string[] =>
  [...asRecords(body.tools), body.instructions ?? '', ...itemsOf(body)].map((part) => JSON.stringify(part))

const sharedChecks = [...toolChecks, ...itemChecks, ...pairChecks]
