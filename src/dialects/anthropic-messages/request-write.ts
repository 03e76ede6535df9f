import { ok, type Result, refuse } from '../../model/fault.ts'
import type { ChatRequest } from '../../model/request.ts'
import { type NameRule, nameTools } from '../../model/tools/name.ts'
import { Concessions } from '../concessions.ts'
import type { Target, Written } from '../dialect.ts'
import { neededBetas } from './betas.ts'
import { writeControls } from './controls-write.ts'
import { writeConversation } from './conversation-write.ts'
import { writeOutput } from './output-write.ts'
import type { Writing } from './parts-write.ts'
import { type AnthropicQuirks, servedBy, withDefaults } from './quirks.ts'
import { lawfulTurns } from './turns-write.ts'

/** Legal names; 64 characters are taken by every model and in `tool_reference` too. */
const nameRule: NameRule = { illegal: /[^a-zA-Z0-9_-]/g, max: 64 }

/** The request in this format. Deterministic: the same history gives the same bytes, or prompt caches and seals break. */
export function writeRequest(request: ChatRequest, target: Target<AnthropicQuirks>): Result<Written> {
  const named = nameTools(request, nameRule, true)
  if (!named.ok) return named
  const given = new Concessions()
  const quirks = withDefaults(target.quirks)
  const served = { ...target, capabilities: servedBy(target.capabilities, quirks) }
  const writing: Writing = { given, names: named.value, quirks, isOwn: request.format === 'anthropic-messages' }
  const { body, emulate } = writeBody(request, served, writing)
  if (given.fault) return refuse(given.fault)
  return ok({
    body,
    headers: writeHeaders(body, quirks),
    lost: given.lost,
    tools: named.value.back,
    ...(Object.keys(emulate).length > 0 && { emulate }),
  })
}

function writeHeaders(body: Record<string, unknown>, quirks: AnthropicQuirks): Record<string, string> {
  const betas = quirks.betas ? neededBetas(body) : []
  return { 'anthropic-version': quirks.version, ...(betas.length > 0 && { 'anthropic-beta': betas.join(',') }) }
}

interface WrittenBody {
  readonly body: Record<string, unknown>
  readonly emulate: NonNullable<Written['emulate']>
}

function writeBody(request: ChatRequest, target: Target, writing: Writing): WrittenBody {
  const { given, quirks } = writing
  const turns = lawfulTurns(request.turns, target.capabilities, given)
  const output = writeOutput({ request, capabilities: target.capabilities }, given)
  const conversation = writeConversation({ request, target, turns, output }, writing)
  const { isForced } = conversation
  const controls = writeControls({ request, target, turns, output, isForced }, writing)
  const body = { ...controls.fields, model: target.model, ...conversation.fields }
  return {
    body: without(body, quirks.drop, given),
    emulate: { ...output.emulate, ...(controls.emulatedStops.length > 0 && { stop: controls.emulatedStops }) },
  }
}

/** What the server refuses is left out, by name. */
function without(body: Record<string, unknown>, drop: readonly string[], given: Concessions): Record<string, unknown> {
  for (const field of drop) if (field in body) given.drop(field)
  return Object.fromEntries(Object.entries(body).filter(([field]) => !drop.includes(field)))
}
