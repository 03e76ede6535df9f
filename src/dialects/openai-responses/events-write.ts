import type { ChatRequest } from '../../model/request.ts'
import { sseComment, writeSse } from '../../wire/sse.ts'
import type { EventWriter, WriteContext } from '../dialect.ts'
import { Answer } from './answer.ts'

/**
 * Writes the client's stream: every event that the strictest reader (openai-node 7) asks for, in its order, numbered
 * from 0 without a gap, and at the end a snapshot that says the same as the events did.
 */
export function eventWriter(ask: ChatRequest, context: WriteContext): EventWriter {
  let frames: string[] = []
  let sequence = 0
  const answer = new Answer(ask, context, (type, fields) => {
    frames.push(writeSse({ event: type, data: JSON.stringify({ type, sequence_number: sequence++, ...fields }) }))
  })
  return {
    push(event) {
      answer.push(event)
      const text = frames.join('')
      frames = []
      return text
    },
  }
}

/** Keeps a connection alive: a comment, which no reader sees. */
export const heartbeat = sseComment('keep-alive')
