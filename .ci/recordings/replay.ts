import type { ServerResponse } from 'node:http'
import { type FakeUpstream, startUpstream } from '../../test/support/gateway.ts'
import type { Answer } from './folder.ts'
import { framed } from './framing.ts'

/** An answer as its vendor sent it. */
export interface Replayed {
  readonly status: number
  readonly contentType: string
  readonly bytes: Buffer
}

export function replayed({ format, told }: Answer): Replayed {
  switch (told.kind) {
    case 'whole':
      return { status: 200, contentType: 'application/json', bytes: told.bytes }
    case 'stream':
      return { status: 200, ...framed(format, told.lines) }
    case 'refused':
      return { status: told.status, contentType: 'application/json', bytes: Buffer.from(JSON.stringify(told.body)) }
  }
}

/** What a question says so that the upstream knows which answer to replay. */
export const prompt = (at: number): string => `Answer number ${at}, please.`

/** An upstream that replays the answer that the question names. */
export const startReplay = (answers: readonly Answer[]): Promise<FakeUpstream> =>
  startUpstream((response: ServerResponse, { body }) => {
    const answer = answers[Number(/Answer number (\d+), please/.exec(body)?.[1])]
    if (!answer) throw new Error('asked for no answer')
    const { bytes, contentType, status } = replayed(answer)
    response.writeHead(status, { 'content-type': contentType, 'content-length': bytes.length }).end(bytes)
  })
