import { fault, ok, type Result, refuse } from '../model/fault.ts'
import type { MediaPart, Part } from '../model/part.ts'
import type { ChatRequest, Turn } from '../model/request.ts'
import { fetchMedia } from '../wire/dialer.ts'

/** Most addresses that one request may make us fetch. */
const mostFetches = 32

/**
 * Fetches the media whose address the upstream cannot open itself and puts their bytes in place. One that cannot be had
 * refuses the request: answering as if the picture had not been there would change its meaning.
 */
export async function inlineMedia(
  request: ChatRequest,
  mustInline: (part: MediaPart) => boolean,
  fetch: typeof fetchMedia = fetchMedia,
): Promise<Result<ChatRequest>> {
  const urls = new Set(request.turns.flatMap(({ parts }) => addressesIn(parts, mustInline)))
  if (urls.size === 0) return ok(request)
  if (urls.size > mostFetches)
    return refuse(
      fault('invalid', `The request names ${urls.size} media addresses; at most ${mostFetches} are fetched.`),
    )
  const fetched = new Map<string, { data: string; mime: string }>()
  for (const url of urls) {
    const answer = await fetch(url)
    if (!answer.ok)
      return refuse(
        fault('invalid', `The file at this address could not be fetched: ${answer.problem}`, {
          code: 'invalid_media_url',
        }),
      )
    fetched.set(url, { data: answer.bytes.toString('base64'), mime: answer.mime })
  }
  const turns = request.turns.map(
    (turn): Turn => ({ ...turn, parts: turn.parts.map((part) => inlined(part, fetched)) }),
  )
  return ok({ ...request, turns })
}

function addressesIn(parts: readonly Part[], mustInline: (part: MediaPart) => boolean): string[] {
  return parts.flatMap((part) => {
    if (part.kind === 'tool_result') return addressesIn(part.parts, mustInline)
    return part.kind === 'media' && part.source.kind === 'url' && mustInline(part) ? [part.source.url] : []
  })
}

function inlined(part: Part, fetched: ReadonlyMap<string, { data: string; mime: string }>): Part {
  if (part.kind === 'tool_result') return { ...part, parts: part.parts.map((inner) => inlined(inner, fetched)) }
  const found = part.kind === 'media' && part.source.kind === 'url' ? fetched.get(part.source.url) : undefined
  if (!found || part.kind !== 'media') return part
  return { ...part, source: { kind: 'base64', data: found.data }, mime: found.mime }
}
