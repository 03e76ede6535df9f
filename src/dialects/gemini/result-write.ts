import { asText } from '../../model/history.ts'
import type { MediaPart, Part, ToolResultPart } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import { writeDocument } from './document-write.ts'
import type { WirePart } from './shapes.ts'
import type { Writing } from './writing.ts'

/** The name of the function that each call went to, by the call's id: results must say it. */
export const resultNames = (turns: readonly Turn[], { names }: Writing): ReadonlyMap<string, string> =>
  new Map(
    turns.flatMap((turn) =>
      turn.parts.flatMap((part) => (part.kind === 'tool_call' ? [[part.id, names.wire(part)]] : [])),
    ),
  )

/** All results in a row; media that cannot stand inside them follow, so that nothing comes between call and result. */
export function writeResults(
  results: readonly ToolResultPart[],
  names: ReadonlyMap<string, string>,
  writing: Writing,
): readonly WirePart[] {
  const written = results.map((result) => writeResult(result, names, writing))
  return [...written.map(({ response }) => response), ...written.flatMap(({ behind }) => behind)]
}

interface WrittenResult {
  readonly response: WirePart
  readonly behind: readonly WirePart[]
}

function writeResult(result: ToolResultPart, names: ReadonlyMap<string, string>, writing: Writing): WrittenResult {
  const { target, isOwn } = writing
  const media = result.parts.filter((part) => part.kind === 'media' && (isOwn || asText(part) === undefined))
  const text = result.parts
    .filter((part) => !media.includes(part))
    .flatMap((part) => asText(part)?.text ?? [])
    .join('\n\n')
  const isInside = (part: Part): part is MediaPart =>
    part.kind === 'media' && target.capabilities.signsCalls && takenInside.test(part.mime ?? '')
  const inside = media.filter(isInside).flatMap((part) => writeDocument(bare(part, writing), writing))
  return {
    response: {
      functionResponse: {
        ...(target.quirks.callIds && { id: result.id }),
        name: names.get(result.id) ?? result.name ?? 'unknown',
        response: text === '' && inside.length > 0 ? {} : writePayload(text, result.isError === true, isOwn),
        ...(inside.length > 0 && { parts: inside }),
      },
    },
    behind: media.flatMap((part) => (part.kind === 'media' && !isInside(part) ? writeDocument(part, writing) : [])),
  }
}

/** Inside a result a picture has its bytes and nothing else: other fields are refused. */
function bare({ detail, clip, ...part }: MediaPart, writing: Writing): MediaPart {
  if (detail !== undefined && detail !== 'auto') writing.given.drop('detail')
  if (clip !== undefined) writing.given.drop('clip')
  return part
}

/** What Gemini 3 and later take inside a result. @see https://ai.google.dev/gemini-api/docs/function-calling */
const takenInside = /^image\/(?:png|jpeg|webp)$|^application\/pdf$|^text\/plain$/

/** An object always. A client of this format had one, which was read as JSON text unless it was `{output}` or `{error}`. */
function writePayload(text: string, isError: boolean, isOwn: boolean): Readonly<Record<string, unknown>> {
  const object = isOwn ? parse(text) : undefined
  if (isError) return isRecord(object) && 'error' in object ? object : { error: text }
  return isRecord(object) ? object : { output: text }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
