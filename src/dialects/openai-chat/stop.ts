import { type Fault, type FaultClass, fault } from '../../model/fault.ts'
import type { Stop, StopReason } from '../../model/reply.ts'
import type { Tier } from '../../model/request.ts'
import { lookUp } from './reading.ts'
import type { FinishReason } from './shapes.ts'

/** What an answer held, as far as it bears on why it stopped. */
export interface Held {
  readonly hasCalls: boolean
  readonly hasRefusal: boolean
}

const reasons: Readonly<Record<string, StopReason>> = {
  stop: 'end',
  end: 'end',
  end_turn: 'end',
  eos: 'end',
  eos_token: 'end',
  stop_sequence: 'stop_sequence',
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  model_length: 'context_window',
  tool_calls: 'tool_calls',
  tool_call: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'filtered',
  safety: 'filtered',
  sensitive: 'filtered',
  repetition_truncation: 'length',
}

/** Finish reasons by which a server says that it broke down. */
const breakdowns: Readonly<Record<string, FaultClass>> = {
  error: 'bad_gateway',
  network_error: 'bad_gateway',
  insufficient_system_resource: 'overloaded',
  abort: 'bad_gateway',
}

/** The fault that a finish reason stands for, if it is one. */
export function finishFault(finish: string): Fault | undefined {
  const broke = lookUp(breakdowns, finish.toLowerCase())
  return broke && fault(broke, 'The upstream could not finish its answer.', { code: finish })
}

/**
 * A finish reason is believed as far as the answer bears it out: calls make it `tool_calls` whatever the server says, and
 * `tool_calls` without any is the end.
 */
export function readStop(finish: string | undefined, held: Held): Stop {
  const said = lookUp(reasons, (finish ?? '').toLowerCase()) ?? 'end'
  return { reason: borneOut(said, held), ...(finish !== undefined && { native: finish }) }
}

function borneOut(said: StopReason, held: Held): StopReason {
  if (held.hasCalls && (said === 'end' || said === 'stop_sequence')) return 'tool_calls'
  if (!held.hasCalls && said === 'tool_calls') return 'end'
  return held.hasRefusal && (said === 'end' || said === 'filtered') ? 'refusal' : said
}

const finishes: Readonly<Record<StopReason, FinishReason>> = {
  end: 'stop',
  stop_sequence: 'stop',
  pause: 'stop',
  compaction: 'stop',
  malformed_call: 'stop',
  length: 'length',
  context_window: 'length',
  continuation: 'length',
  tool_calls: 'tool_calls',
  refusal: 'content_filter',
  filtered: 'content_filter',
}

/**
 * The finish reason for a client. It says `tool_calls` exactly when there are calls, unless the answer was cut: agents act
 * on this word alone. A refusal that its own vendor ended with `stop` keeps that word.
 */
export function writeFinish(stop: Stop, hasCalls: boolean): FinishReason {
  const finish = stop.reason === 'refusal' && stop.native === 'stop' ? 'stop' : finishes[stop.reason]
  if (hasCalls && finish === 'stop') return 'tool_calls'
  return !hasCalls && finish === 'tool_calls' ? 'stop' : finish
}

const tiers: Readonly<Record<string, Tier>> = {
  auto: 'auto',
  default: 'standard',
  standard: 'standard',
  flex: 'flex',
  priority: 'priority',
  fast: 'fast',
  scale: 'scale',
  on_demand: 'standard',
  batch: 'batch',
  ultrafast: 'ultrafast',
}

export const readTier = (value: unknown): Tier | undefined =>
  typeof value === 'string' ? lookUp(tiers, value) : undefined

/** The word for a tier in a request or an answer; undefined where this format has none. */
export const writeTier = (tier: Tier): string | undefined =>
  ({
    auto: 'auto',
    standard: 'default',
    flex: 'flex',
    priority: 'priority',
    fast: 'fast',
    scale: 'scale',
    ultrafast: undefined,
    batch: undefined,
  })[tier]
