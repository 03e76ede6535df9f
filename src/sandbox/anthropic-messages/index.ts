import { firstValue } from '../../wire/headers.ts'
import { type Format, firstRefusal } from '../format.ts'
import { namedFrame } from '../frames.ts'
import { anthropicListing } from '../model-list.ts'
import { countPrompt } from '../prompt.ts'
import { asText } from '../untyped.ts'
import { blockChecks } from './check-blocks.ts'
import { bodyChecks, countChecks } from './check-body.ts'
import { messageChecks } from './check-messages.ts'
import { thinkingChecks } from './check-thinking.ts'
import { toolChecks } from './check-tools.ts'
import { writeFault } from './fault.ts'
import { readPrompt } from './read.ts'
import { writeReply } from './reply.ts'
import { writeStream } from './stream.ts'

/** The Messages format. @see https://docs.claude.com/en/api/messages */
export const anthropicMessages: Format = {
  read(call) {
    const refusal = firstRefusal([...bodyChecks, ...sharedChecks], call)
    if (refusal) return refusal
    return {
      prompt: readPrompt(call),
      choices: 1,
      isStream: call.body.stream === true,
      reply: ([first]) => first && writeReply(call, first),
      stream: ([first]) => (first ? writeStream(call, first) : []),
      breakOff: () => namedFrame('error', writeFault({ status: 529, message: 'Overloaded' }, call.seed)),
    }
  },
  count(call) {
    const refusal = firstRefusal([...countChecks, ...sharedChecks], call)
    return refusal ?? { counted: { input_tokens: countPrompt(readPrompt(call)) } }
  },
  refuse: (refusal, { requestId }) => writeFault(refusal, requestId),
  modelName: (body) => asText(body.model),
  unknownModel: (name) => ({ status: 404, message: `model: ${name}` }),
  key: (headers) => firstValue(headers['x-api-key']) ?? firstValue(headers.authorization)?.replace(/^Bearer\s*/i, ''),
  noKey: { status: 401, message: 'x-api-key header is required' },
  listing: anthropicListing,
  requestIdHeader: 'request-id',
  streamType: () => 'text/event-stream; charset=utf-8',
}

const sharedChecks = [...toolChecks, ...blockChecks, ...messageChecks, ...thinkingChecks]
