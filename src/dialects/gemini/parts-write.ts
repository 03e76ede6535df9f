import type { MediaPart, OpaquePart, ServerCallPart, ServerResultPart, ToolCallPart } from '../../model/part.ts'
import { toolInput } from '../../model/tools/arguments.ts'
import { isRecord } from '../../wire/json.ts'
import { sniffMime } from '../../wire/media.ts'
import { readMessage, readText } from './proto.ts'
import type { WirePart } from './shapes.ts'

/** The part with its signature, where it has one. */
export const signed = (part: WirePart, signature: string | undefined): WirePart =>
  signature === undefined ? part : { ...part, thoughtSignature: signature }

/** A call under its name on the wire; without `id` none is said. Free text goes as the one argument `input`. */
export function writeCall(
  call: ToolCallPart,
  wire: { readonly name: string; readonly id?: string | undefined },
): WirePart {
  const args = call.tool.flavor === 'custom' ? { input: call.arguments } : toolInput(call.arguments)
  return { functionCall: { ...(wire.id !== undefined && { id: wire.id }), name: wire.name, args } }
}

/** A picture, a sound, a document; undefined where the source has no form here. */
export function writeMedia(part: MediaPart, knows: { readonly resolution: boolean }): WirePart | undefined {
  const content = contentOf(part)
  const level = knows.resolution && part.detail !== undefined ? levels[part.detail] : undefined
  const { start, end, fps } = part.clip ?? {}
  return (
    content && {
      ...content,
      ...(part.clip && {
        videoMetadata: {
          ...(start !== undefined && { startOffset: start }),
          ...(end !== undefined && { endOffset: end }),
          ...(fps !== undefined && { fps }),
        },
      }),
      ...(level !== undefined && { mediaResolution: { level } }),
    }
  )
}

/** A trace of a vendor-run tool: its own form where it came from here, code runs from anywhere. */
export function writeTrace(part: ServerCallPart | ServerResultPart): WirePart | undefined {
  if (part.native?.dialect === 'gemini') return asPart(part.native.value)
  if (part.tool !== 'code') return undefined
  if (part.kind === 'server_call') {
    const code = readText(toolInput(part.arguments).code)
    return code === undefined ? undefined : { executableCode: { language: 'PYTHON', code } }
  }
  const outcome = part.errorCode === undefined ? 'OUTCOME_OK' : 'OUTCOME_FAILED'
  return { codeExecutionResult: { outcome, output: part.output ?? '' } }
}

/** What only this format knows, as it came. */
export const writeOpaque = (part: OpaquePart): WirePart | undefined =>
  part.dialect === 'gemini' ? asPart(part.value) : undefined

// Read from this same format, so it is a part of it.
const asPart = (value: unknown): WirePart | undefined => (isRecord(value) ? (value as WirePart) : undefined)

function contentOf(part: MediaPart): WirePart | undefined {
  const { source } = part
  if (source.kind === 'base64') return { inlineData: { mimeType: mimeOf(part, source.data), data: source.data } }
  const fileUri =
    source.kind === 'url' ? source.url : source.kind === 'file' && source.dialect === 'gemini' ? source.id : undefined
  return fileUri === undefined
    ? undefined
    : { fileData: { fileUri, ...(part.mime !== undefined && { mimeType: part.mime }) } }
}

const mimeOf = (part: MediaPart, data: string): string =>
  part.mime === undefined ? (sniffMime(data) ?? usualMimes[part.media]) : (spelledMimes[part.mime] ?? part.mime)

const usualMimes: Record<MediaPart['media'], string> = {
  image: 'image/png',
  document: 'application/pdf',
  audio: 'audio/wav',
  video: 'video/mp4',
  file: 'application/octet-stream',
}

/** Raw sound needs its rate, which a bare type leaves out; the vendor's own is 24 kHz. */
const spelledMimes: Readonly<Record<string, string>> = { 'audio/l16': 'audio/L16;codec=pcm;rate=24000' }

const levels: Record<NonNullable<MediaPart['detail']>, string | undefined> = {
  auto: undefined,
  low: 'MEDIA_RESOLUTION_LOW',
  high: 'MEDIA_RESOLUTION_HIGH',
  original: 'MEDIA_RESOLUTION_ULTRA_HIGH',
}

/** Whether a trace is the grounding of the whole candidate instead of a part of it. */
export const isGrounding = (part: ServerCallPart | ServerResultPart): boolean =>
  part.native?.dialect === 'gemini' && readMessage(part.native.value)?.groundingMetadata !== undefined
