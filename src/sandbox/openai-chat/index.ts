import { type Format, firstRefusal } from '../format.ts'
import { dataFrame } from '../frames.ts'
import { openaiListing } from '../model-list.ts'
import { noOpenaiKey, openaiKey, unknownOpenaiModel, writeOpenaiFault } from '../openai-fault.ts'
import { asRecords, asText, numberOrNone } from '../untyped.ts'
import { bodyChecks } from './check-body.ts'
import { messageChecks } from './check-messages.ts'
import { toolChecks } from './check-tools.ts'
import { readPrompt } from './read.ts'
import { writeReply } from './reply.ts'
import { writeStream } from './stream.ts'

/** The Chat Completions format. @see https://platform.openai.com/docs/api-reference/chat */
export const openaiChat: Format = {
  read: (call) =>
    firstRefusal([...bodyChecks, ...toolChecks, ...messageChecks], call) ?? {
      prompt: readPrompt(call),
      choices: numberOrNone(call.body.n) ?? 1,
      isStream: call.body.stream === true,
      cacheable: [...asRecords(call.body.tools), ...asRecords(call.body.messages)].map((part) => JSON.stringify(part)),
      reply: (answers) => writeReply(call, answers),
      stream: (answers) => writeStream(call, answers),
      breakOff: () =>
        dataFrame(writeOpenaiFault({ status: 500, message: 'The server had an error while processing your request.' })),
    },
  count: () => ({ status: 404, message: 'Chat Completions count no tokens.' }),
  refuse: writeOpenaiFault,
  modelName: (body) => asText(body.model),
  unknownModel: unknownOpenaiModel,
  key: openaiKey,
  noKey: noOpenaiKey,
  listing: openaiListing,
  requestIdHeader: 'x-request-id',
  streamType: () => 'text/event-stream; charset=utf-8',
}
