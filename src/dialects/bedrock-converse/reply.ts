import { fault, ok, type Result, refuse } from '../../model/fault.ts'
import type { Reply } from '../../model/reply.ts'
import { isRecord } from '../../wire/json.ts'
import type { ReadContext } from '../dialect.ts'
import { readBlock } from './content-read.ts'
import { readError } from './fault.ts'
import type { ConverseQuirks } from './quirks.ts'
import { readStop } from './stop.ts'
import { readTier, readUsage } from './usage.ts'

/** Reads a whole answer. */
export function readReply(body: unknown, { newId }: ReadContext<ConverseQuirks>): Result<Reply> {
  if (!isRecord(body))
    return refuse(fault('bad_gateway', 'The upstream answered with something that is no JSON object.'))
  const message = isRecord(body.output) && isRecord(body.output.message) ? body.output.message : undefined
  if (!message || !Array.isArray(message.content)) return refuse(noMessage(body))
  const parts = message.content.flatMap((block: unknown) => readBlock(block, newId) ?? [])
  const tier = readTier(body.serviceTier)
  const hasCall = parts.some(({ kind }) => kind === 'tool_call')
  return ok({ parts, stop: readStop(body, hasCall), usage: readUsage(body.usage), ...(tier && { tier }) })
}

const noMessage = (body: Readonly<Record<string, unknown>>) =>
  typeof body.message === 'string' || typeof body.__type === 'string'
    ? readError({
        type: typeof body.__type === 'string' ? body.__type : '',
        message: String(body.message ?? ''),
        status: 502,
      })
    : fault('bad_gateway', "The upstream's answer holds no message.")
