import type { IncomingMessage } from 'node:http'
import { type FaultClass, fault, type Result, refuse } from '../model/fault.ts'
import { type BodyProblem, readBody } from '../wire/body.ts'
import { firstValue } from '../wire/headers.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import type { ChatRoute } from './chat.ts'
import { type Taken, takePreferences } from './preferences.ts'
import type { Relay } from './relay.ts'

const bodyFaults: Record<BodyProblem, FaultClass> = {
  too_large: 'too_large',
  encoding: 'encoding',
  timeout: 'client_timeout',
  aborted: 'cancelled',
  corrupt: 'invalid',
}

/** Reads the body, under limits, and parses it once. What it says to us alone is taken out. */
export async function incomingOf(
  { limits }: Pick<Relay, 'limits'>,
  route: Pick<ChatRoute, 'path'>,
  request: IncomingMessage,
): Promise<Result<Taken>> {
  const { bodyBytes, bodyTimeoutMs } = limits
  const body = await readBody(request, { bytes: bodyBytes, inflatedBytes: bodyBytes, timeoutMs: bodyTimeoutMs })
  if (!body.ok) return refuse(fault(bodyFaults[body.problem], body.message))
  const parsed = parseJson(body.bytes)
  if (!parsed.ok) return refuse(fault('invalid', `The body is not valid JSON: ${parsed.problem}`))
  if (!isRecord(parsed.value)) return refuse(fault('invalid', 'The body must be a JSON object.'))
  return takePreferences({
    bytes: body.bytes,
    incoming: { body: parsed.value, headers: headersOf(request), ...(route.path && { path: route.path }) },
  })
}

/** Lower-case names, first values, empty ones left out. */
export function headersOf(request: Pick<IncomingMessage, 'headers'>): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name in request.headers) {
    const value = firstValue(request.headers[name])
    if (value !== undefined) headers[name] = value
  }
  return headers
}
