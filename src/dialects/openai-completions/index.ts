import type { ClientCodec } from '../dialect.ts'
import { openaiChat } from '../openai-chat/index.ts'
import { eventWriter } from './events-write.ts'
import { writeReply } from './reply.ts'
import { readRequest } from './request-read.ts'

/**
 * The legacy text completions (`POST /v1/completions`), answered by chat models: the prompt is a user's turn.
 * Errors and heartbeats are those of Chat Completions.
 * @see https://platform.openai.com/docs/api-reference/completions
 */
export const openaiCompletions: ClientCodec = {
  format: 'openai-completions',
  readRequest,
  writeReply,
  eventWriter,
  writeFault: openaiChat.client.writeFault,
  faultFrame: openaiChat.client.faultFrame,
  heartbeat: openaiChat.client.heartbeat,
}
