import { asText } from '../../model/history.ts'
import type { MediaPart, Part } from '../../model/part.ts'
import { sniffMime } from '../../wire/media.ts'
import type { Concessions } from '../concessions.ts'
import { fromUrl } from './media-read.ts'
import type { Block } from './shapes.ts'

const dialect = 'anthropic-messages'
const imageMimes: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

/** Writes the blocks of a document that is made of some. */
export type WriteParts = (parts: readonly Part[]) => readonly Block[]

interface Place {
  readonly given: Concessions
  readonly takesDocuments: boolean
  readonly writeParts: WriteParts
}

/** A picture or document for the vendor. Sound, film and other files are refused: the answer would not be about them. */
export function writeMedia(part: MediaPart, place: Place): Block | undefined {
  const whole = inlined(part)
  if (whole.media === 'audio' || whole.media === 'video')
    return place.given.refuse('messages', `this model takes no ${whole.media}`)
  if (whole.media !== 'image' && !place.takesDocuments) return asWords(whole, place)
  if (whole.detail !== undefined && whole.detail !== 'auto') place.given.drop('detail')
  const source = writeSource(whole, place)
  if (!source) return undefined
  return whole.media === 'image' ? { type: 'image', source } : { type: 'document', source, ...documentFields(whole) }
}

/** For servers without documents: what is text anyway. */
function asWords(part: MediaPart, { given }: Place): Block | undefined {
  const words = asText(part)
  if (!words) return given.refuse('messages', "this model's server takes no documents")
  given.change('document')
  return { type: 'text', text: words.text }
}

/** Data URLs hold their bytes already. */
const inlined = (part: MediaPart): MediaPart =>
  part.source.kind === 'url' ? { ...part, ...fromUrl(part.source.url) } : part

function documentFields({ title, name, context, cite }: MediaPart): Readonly<Record<string, unknown>> {
  const shown = title ?? name
  return {
    ...(shown !== undefined && { title: shown }),
    ...(context !== undefined && { context }),
    ...(cite && { citations: { enabled: true } }),
  }
}

function writeSource(part: MediaPart, { given, writeParts }: Place): Block | undefined {
  const { source } = part
  switch (source.kind) {
    case 'base64':
      return part.media === 'image' ? imageBytes(part, source.data, given) : documentBytes(part, source.data, given)
    case 'url':
      return { type: 'url', url: source.url }
    case 'file':
      if (source.dialect === dialect) return { type: 'file', file_id: source.id }
      return given.refuse('messages', `the file ${source.id} is kept by another vendor; send its content instead`)
    case 'text':
      return { type: 'text', media_type: 'text/plain', data: source.text }
    case 'parts':
      return { type: 'content', content: writeParts(source.parts) }
  }
}

function imageBytes({ mime }: MediaPart, data: string, given: Concessions): Block | undefined {
  const type = mime !== undefined && imageMimes.has(mime) ? mime : sniffMime(data)
  if (type === undefined || !imageMimes.has(type))
    return given.refuse('messages', `pictures must be jpeg, png, gif or webp, not ${mime ?? type ?? 'unknown'}`)
  return { type: 'base64', media_type: type, data }
}

function documentBytes({ mime }: MediaPart, data: string, given: Concessions): Block | undefined {
  const type = mime ?? sniffMime(data) ?? 'application/pdf'
  if (type === 'application/pdf') return { type: 'base64', media_type: type, data }
  if (/^text\/|[/+](json|xml|yaml)$/.test(type))
    return { type: 'text', media_type: 'text/plain', data: Buffer.from(data, 'base64').toString('utf8') }
  return given.refuse('messages', `documents must be PDF or text, not ${type}`)
}
