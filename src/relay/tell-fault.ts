import type { ServerResponse } from 'node:http'
import type { ClientCodec } from '../dialects/dialect.ts'
import type { Fault } from '../model/fault.ts'
import { idHeaders } from './response-headers.ts'

/** A fault as a whole answer in the client's format, with its headers. */
export function faultAnswer(client: ClientCodec, refused: Fault, requestId: string) {
  const written = client.writeFault(refused, requestId)
  const body = Buffer.from(JSON.stringify(written.body))
  return {
    status: written.status,
    headers: {
      ...idHeaders(client.format, requestId),
      ...written.headers,
      // Official clients send a 409 again. Only one that says when is worth it.
      ...(refused.class === 'conflict' && refused.retryAfterMs === undefined && { 'x-should-retry': 'false' }),
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(body.length),
    },
    body,
  }
}

/** Answers with JSON. */
export function tellJson(
  response: ServerResponse,
  status: number,
  body: Record<string, unknown>,
  headers: Readonly<Record<string, string>>,
): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(bytes.length),
  })
  response.end(bytes)
}
