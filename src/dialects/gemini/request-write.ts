import { hasCacheMarks } from '../../model/cache-marks.ts'
import { ok, type Result, refuse } from '../../model/fault.ts'
import type { ChatRequest, Tier } from '../../model/request.ts'
import { type NameRule, nameTools } from '../../model/tools/name.ts'
import { Concessions } from '../concessions.ts'
import type { Target, Written } from '../dialect.ts'
import { mostStops, writeConfig } from './config-write.ts'
import { writeContents } from './contents-write.ts'
import { placeNative } from './native-write.ts'
import type { GeminiQuirks } from './quirks.ts'
import { writeSystem } from './system-write.ts'
import { writeToolConfig, writeTools } from './tools-write.ts'
import type { Writing } from './writing.ts'

/** @see https://ai.google.dev/api/generate-content */
export function writeRequest(request: ChatRequest, target: Target<GeminiQuirks>): Result<Written> {
  const names = nameTools(request, nameRule(target.quirks.nameLength), true)
  if (!names.ok) return names
  const given = new Concessions()
  const writing: Writing = { request, target, names: names.value, given, isOwn: request.format === 'gemini' }
  const config = writeConfig(writing)
  const tools = writeTools(writing)
  const systemInstruction = writeSystem(writing, config.instructions)
  const toolConfig = writeToolConfig(writing)
  const body = {
    contents: writeContents(writing),
    ...(systemInstruction && { systemInstruction }),
    ...(tools.length > 0 && { tools }),
    ...(toolConfig && { toolConfig }),
    ...(config.generationConfig && { generationConfig: config.generationConfig }),
    ...writeAccount(writing),
  }
  loseForeign(writing)
  const whole = placeNative(body, writing)
  if (given.fault) return refuse(given.fault)
  return ok({ body: whole, lost: given.lost, tools: names.value.back, ...emulations(writing) })
}

/** Old models take fewer characters than new ones; this is what all of them take. */
const nameRule = (max: number): NameRule => ({ illegal: /[^A-Za-z0-9_.-]/g, first: /[A-Za-z_]/, max })

function emulations({ request, target, given }: Writing): Pick<Written, 'emulate'> {
  const stop = request.sampling.stop ?? []
  const isEmulated = stop.length > mostStops || (stop.length > 0 && !target.capabilities.stopSequences)
  const firstCallOnly = request.parallel === false && request.tools.length > 0
  if (firstCallOnly) given.change('parallel_tool_calls')
  if (!isEmulated && !firstCallOnly) return {}
  return { emulate: { ...(isEmulated && { stop }), ...(firstCallOnly && { firstCallOnly }) } }
}

const tiers: Partial<Record<Tier, string>> = {
  standard: 'standard',
  flex: 'flex',
  priority: 'priority',
  fast: 'priority',
  ultrafast: 'priority',
}

function writeAccount({ request, target, given, isOwn }: Writing): Record<string, unknown> {
  const { tier, identity, state } = request
  const serviceTier = tier && tiers[tier]
  if (tier === 'fast' || tier === 'ultrafast') given.change('service_tier')
  if ((tier === 'scale' || tier === 'batch') && !serviceTier) given.drop('service_tier')
  if (identity.endUser !== undefined) given.drop('user')
  const labels = target.quirks.labels ? identity.metadata : undefined
  if (identity.metadata && !labels) given.drop(isOwn ? 'labels' : 'metadata')
  if (state?.background) given.refuse('background', 'this model does not answer in the background')
  return {
    ...(serviceTier !== undefined && { serviceTier }),
    ...(labels && { labels }),
    // What other formats keep, the gateway keeps itself.
    ...(isOwn && state?.store !== undefined && { store: state.store }),
  }
}

/** Wishes of other formats that have no field here. */
function loseForeign({ request, given }: Writing): void {
  const { cache, maxToolCalls, output, lost } = request
  for (const field of lost) given.drop(field)
  if (cache?.key !== undefined) given.drop('prompt_cache_key')
  // Prompts are cached without being told; a breakpoint has no place.
  if (cache?.auto || hasCacheMarks(request)) given.drop('cache_control')
  if (maxToolCalls !== undefined) given.drop('max_tool_calls')
  if (output.verbosity !== undefined && output.verbosity !== 'medium') given.drop('verbosity')
}
