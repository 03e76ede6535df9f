import type { MediaKind, MediaPart, MediaSource, Part } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import { parseDataUrl } from '../../wire/media.ts'
import { member, readRecord, readString } from './fields.ts'
import type { Findings } from './findings.ts'
import type { Block } from './shapes.ts'

const dialect = 'anthropic-messages'

/** Reads the blocks of a document that is made of some. */
export type ReadContent = (content: unknown, path: string) => readonly Part[]

interface Place {
  readonly path: string
  readonly found: Findings
  readonly readContent: ReadContent
}

interface Sourced {
  readonly source: MediaSource
  readonly mime?: string
}

/** `image` and `document` blocks. */
export function readMedia(block: Block, media: 'image' | 'document', place: Place): MediaPart | undefined {
  const { path, found } = place
  const at = `${path}.source`
  const source = readRecord({ value: block.source ?? undefined, path: at, found })
  if (!source) return found.wrong(at, 'is required')
  const sourced = readSource(source, { ...place, path: at })
  if (!sourced) return undefined
  const title = readString(member(block, 'title', path, found))
  const context = readString(member(block, 'context', path, found))
  return {
    kind: 'media',
    media,
    ...sourced,
    ...(title !== undefined && { title }),
    ...(context !== undefined && { context }),
    ...(isRecord(block.citations) && block.citations.enabled === true && { cite: true }),
  }
}

type SourceReader = (source: Readonly<Record<string, unknown>>, place: Place) => Sourced | undefined

const sourceReaders: Readonly<Record<string, SourceReader>> = {
  base64(source, { path, found }) {
    const data = readString(member(source, 'data', path, found))
    const mime = readString(member(source, 'media_type', path, found))
    if (data === undefined) return found.wrong(`${path}.data`, 'is required')
    // Some clients put the whole data URL where the bare base64 belongs.
    const pasted = data.startsWith('data:') ? parseDataUrl(data) : undefined
    return withMime({ kind: 'base64', data: pasted?.base64 ?? data }, pasted?.mime ?? mime)
  },
  url(source, { path, found }) {
    const url = readString(member(source, 'url', path, found))
    return url === undefined ? found.wrong(`${path}.url`, 'is required') : fromUrl(url)
  },
  file(source, { path, found }) {
    const id = readString(member(source, 'file_id', path, found))
    return id === undefined ? found.wrong(`${path}.file_id`, 'is required') : { source: { kind: 'file', id, dialect } }
  },
  text(source, { path, found }) {
    const text = readString(member(source, 'data', path, found))
    if (text === undefined) return found.wrong(`${path}.data`, 'is required')
    return withMime({ kind: 'text', text }, readString(member(source, 'media_type', path, found)) ?? 'text/plain')
  },
  content: (source, { path, readContent }) => ({
    source: { kind: 'parts', parts: readContent(source.content, `${path}.content`) },
  }),
}

function readSource(source: Readonly<Record<string, unknown>>, place: Place): Sourced | undefined {
  const read = typeof source.type === 'string' ? sourceReaders[source.type] : undefined
  return read ? read(source, place) : place.found.wrong(`${place.path}.type`, 'must name a known kind of source')
}

const withMime = (source: MediaSource, mime: string | undefined): Sourced => ({
  source,
  ...(mime !== undefined && { mime: bareMime(mime) }),
})

const bareMime = (mime: string): string => {
  const [bare = ''] = mime.toLowerCase().split(';')
  return bare.trim() === 'image/jpg' ? 'image/jpeg' : bare.trim()
}

/** An address, or the bytes themselves in a data URL. */
export function fromUrl(url: string): Sourced {
  const data = parseDataUrl(url)
  return data ? withMime({ kind: 'base64', data: data.base64 }, data.mime) : { source: { kind: 'url', url } }
}

/** A picture as other formats spell it: `image_url` is an address, or an object that holds one. */
export function readForeignImage(block: Block, { path, found }: Omit<Place, 'readContent'>): MediaPart | undefined {
  const held = block.image_url
  const url = isRecord(held) ? held.url : held
  if (typeof url !== 'string') return found.wrong(`${path}.image_url`, 'must hold an address')
  const detail = isRecord(held) ? held.detail : block.detail
  const media: MediaKind = 'image'
  return {
    kind: 'media',
    media,
    ...fromUrl(url),
    ...((detail === 'low' || detail === 'high' || detail === 'auto') && { detail }),
  }
}
