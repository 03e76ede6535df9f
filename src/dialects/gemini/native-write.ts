import { isVital } from '../../model/vital.ts'
import { isRecord } from '../../wire/json.ts'
import type { Writing } from './writing.ts'

type Body = Readonly<Record<string, unknown>>

/**
 * Puts the client's own fields back where they were; `native` names them by dotted path. An unknown field would make the
 * vendor refuse the whole request, so only those that are known go up.
 */
export function placeNative(body: Body, { request, given, isOwn }: Writing): Record<string, unknown> {
  let placed: Record<string, unknown> = { ...body }
  for (const [path, value] of Object.entries(request.native)) {
    if (isOwn && known.has(path)) placed = put(placed, path.split('.'), value)
    else if (!isOwn && isVital(request, path)) given.refuse(path, `this model does not take ${path}`)
    else given.drop(path)
  }
  return placed
}

const known = new Set([
  'safetySettings',
  'cachedContent',
  'continuationToken',
  'modelArmorConfig',
  'outputConfig',
  'generationConfig.audioTimestamp',
  'generationConfig.audioTranscriptionConfig',
  'generationConfig.enableAffectiveDialog',
  'generationConfig.enableEnhancedCivicAnswers',
  'generationConfig.mediaResolution',
  'generationConfig.modelConfig',
  'generationConfig.modelSelectionConfig',
  'generationConfig.responseFormat',
  'generationConfig.routingConfig',
  'generationConfig.speechConfig',
  'generationConfig.translationConfig',
  'toolConfig.retrievalConfig',
  'toolConfig.includeServerSideToolInvocations',
  'toolConfig.functionCallingConfig.mode',
  'toolConfig.functionCallingConfig.streamFunctionCallArguments',
])

function put(body: Body, [step = '', ...rest]: readonly string[], value: unknown): Record<string, unknown> {
  const inner = body[step]
  return { ...body, [step]: rest.length === 0 ? value : put(isRecord(inner) ? inner : {}, rest, value) }
}
