import { ok, type Result, refuse } from '../../model/fault.ts'
import type { Part } from '../../model/part.ts'
import { type Reply, tell } from '../../model/reply.ts'
import type { ChatRequest } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import { readBilled } from '../billed.ts'
import type { ReadContext, WriteContext } from '../dialect.ts'
import { Answer } from './answer.ts'
import { callIds } from './call-ids.ts'
import { faultOf, garbled, readError } from './fault.ts'
import { readItem } from './item-read.ts'
import type { ResponsesQuirks } from './quirks.ts'
import { filled, listOf, Reading } from './reading.ts'
import { readStop } from './stop.ts'
import { readTier, readUsage } from './usage.ts'

/** States of an answer that is not there yet, or never will be. */
const unanswered = new Set(['queued', 'in_progress'])
const failed = new Set(['failed', 'cancelled'])

/** Reads a whole response. One that failed, or that is no response at all, is a fault. */
export function readReply(body: unknown, context: ReadContext<ResponsesQuirks>): Result<Reply> {
  if (!isRecord(body)) return refuse(garbled(body))
  if (failed.has(String(body.status))) return refuse(faultOf(body))
  if (!Array.isArray(body.output)) return refuse((isRecord(body.error) ? readError(body) : undefined) ?? garbled(body))
  if (unanswered.has(String(body.status))) return refuse(garbled(body))
  return ok(readResponse(body, context))
}

function readResponse(body: Record<string, unknown>, context: ReadContext<ResponsesQuirks>): Reply {
  const parts = readOutput(body.output, context)
  const id = filled(body.id)
  const model = filled(body.model)
  const tier = readTier(body.service_tier)
  const billed = readBilled(body.usage)
  return {
    ...(id !== undefined && { id }),
    ...(model !== undefined && { model }),
    parts,
    stop: readStop(
      body,
      parts.map((part) => part.kind),
    ),
    usage: readUsage(body),
    ...(billed !== undefined && { billed }),
    ...(tier && { tier }),
  }
}

function readOutput(output: unknown, context: ReadContext<ResponsesQuirks>): Part[] {
  const reading = new Reading()
  const ids = callIds(context.newId)
  return listOf(output)
    .flatMap((item, at) => readItem(item, `output[${at}]`, reading)?.parts ?? [])
    .filter((part) => !isEmptyText(part))
    .map((part) => (part.kind === 'tool_call' ? { ...part, id: ids(part.id) } : part))
}

const isEmptyText = (part: Part): boolean => (part.kind === 'text' || part.kind === 'refusal') && part.text === ''

/** Writes a whole reply by telling it to the same machine that writes streams, and taking its last snapshot. */
export function writeReply(reply: Reply, ask: ChatRequest, context: WriteContext): Record<string, unknown> {
  const answer = new Answer(ask, context, () => {})
  for (const event of tell(reply)) answer.push(event)
  return answer.snapshot()
}
