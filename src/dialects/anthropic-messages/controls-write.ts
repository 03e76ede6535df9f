import type { ChatRequest, Turn } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import type { Target } from '../dialect.ts'
import { writeIdentity, writeMaxTokens, writeNative, writeStops, writeTier } from './options-write.ts'
import type { WrittenOutput } from './output-write.ts'
import type { Writing } from './parts-write.ts'
import { writeSampling } from './sampling-write.ts'
import { writeThinking } from './thinking-write.ts'

export interface ControlsAsk {
  readonly request: ChatRequest
  readonly target: Target
  readonly turns: readonly Turn[]
  readonly output: WrittenOutput
  readonly isForced: boolean
}

export interface Controls {
  readonly fields: Readonly<Record<string, unknown>>
  /** Stop strings that are looked for in the answer, because the model takes none. */
  readonly emulatedStops: readonly string[]
}

/** All that says how the model is to answer. */
export function writeControls(ask: ControlsAsk, { given, isOwn, quirks }: Writing): Controls {
  const { request, target, turns, output, isForced } = ask
  const { capabilities } = target
  const maxTokens = writeMaxTokens(request, target, quirks, given)
  const { thinking, effort } = writeThinking(
    { control: request.thinking, capabilities, isOwn, maxTokens, isForced, turns },
    given,
  )
  const isThinking = thinking !== undefined && thinking.type !== 'disabled'
  const stops = writeStops(request, capabilities, given)
  const native = writeNative(request, quirks, given)
  const config = {
    ...(isRecord(native.output_config) && native.output_config),
    ...(effort && { effort }),
    ...(output.format && { format: output.format }),
  }
  const fields = {
    ...native,
    max_tokens: maxTokens,
    ...(thinking && { thinking }),
    ...(Object.keys(config).length > 0 && { output_config: config }),
    ...writeSampling({ sampling: request.sampling, capabilities, isThinking }, given),
    ...(stops.sent.length > 0 && { stop_sequences: stops.sent }),
    ...writeIdentity(request, given),
    ...writeTier(request, given),
    ...(request.stream && { stream: true }),
  }
  return { fields, emulatedStops: stops.emulated }
}
