import { ok, type Result, refuse } from '../../model/fault.ts'
import type { Part } from '../../model/part.ts'
import type { ChatRequest } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import type { IncomingRequest } from '../dialect.ts'
import { shownTools } from './deferred.ts'
import { type Field, member, readString } from './fields.ts'
import { Findings } from './findings.ts'
import {
  readCache,
  readIdentity,
  readMaxOutput,
  readNative,
  readOutput,
  readSampling,
  readStream,
  readThinking,
  readTier,
} from './options-read.ts'
import { type Reading, readContent } from './parts-read.ts'
import { asksThread, threadFault } from './thread.ts'
import { flavors, readToolChoice, readTools } from './tools-read.ts'
import { readTurns } from './turns-read.ts'

/** Where Claude Code's changing first system block is kept: it defeats the prefix caches of other vendors. */
export const billingField = 'x-anthropic-billing-header'

/**
 * The client's request in neutral words. Lenient towards OpenAI's spellings, which one of our documented clients sends here.
 * A wrong type is an `invalid` fault that names the field.
 */
export function readRequest({ body }: IncomingRequest): Result<ChatRequest> {
  if (asksThread(body)) return refuse(threadFault)
  const found = new Findings()
  const request = readBody(body, found)
  return found.fault ? refuse(found.fault) : ok(request)
}

function readBody(body: IncomingRequest['body'], found: Findings): ChatRequest {
  const field = (name: string): Field => member(body, name, '', found)
  const tools = shownTools(readTools(field('tools')), body.messages)
  const reading: Reading = { found, flavorOf: flavors(tools), callNames: new Map() }
  const { system, billing } = readSystem(field('system'), reading)
  const maxOutput = readMaxOutput(body, found)
  const tier = readTier(body, found)
  const cache = readCache(body)
  return {
    format: 'anthropic-messages',
    model: readModel(field('model')),
    stream: readStream(body, found),
    system,
    turns: readTurns(field('messages'), reading),
    tools,
    ...(body.parallel_tool_calls === false && { parallel: false }),
    ...readToolChoice(field('tool_choice')),
    ...(maxOutput !== undefined && { maxOutput }),
    sampling: readSampling(body, found),
    thinking: readThinking(body, found),
    output: readOutput(body, found),
    ...(cache && { cache }),
    identity: readIdentity(body, found),
    ...(tier && { tier }),
    native: { ...readNative(body), ...(billing.length > 0 && { [billingField]: billing }) },
    lost: found.lost,
  }
}

function readModel(field: Field): string {
  const model = readString(field) ?? ''
  if (model === '') field.found.wrong(field.path, 'is required')
  return model
}

interface System {
  readonly system: readonly Part[]
  readonly billing: readonly string[]
}

/** Instructions: a string, one block, or a list of them. */
function readSystem({ value, path }: Field, reading: Reading): System {
  const parts = readContent(isRecord(value) ? [value] : value, path, reading)
  const isBilling = (part: Part): boolean => part.kind === 'text' && part.text.startsWith(`${billingField}:`)
  return {
    system: parts.filter((part) => !isBilling(part)),
    billing: parts.flatMap((part) => (part.kind === 'text' && isBilling(part) ? [part.text] : [])),
  }
}
