import { asText } from '../../model/history.ts'
import type { MediaKind, MediaPart } from '../../model/part.ts'
import { parseDataUrl, sniffMime } from '../../wire/media.ts'
import type { WireBlock, WireDocument, WireSource } from './shapes.ts'
import type { Writing } from './writing.ts'

/** Formats by MIME type. @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html */
const formats: Readonly<Record<Exclude<MediaKind, 'file'>, Readonly<Record<string, string>>>> = {
  image: { 'image/jpeg': 'jpeg', 'image/jpg': 'jpeg', 'image/png': 'png', 'image/gif': 'gif', 'image/webp': 'webp' },
  document: {
    'application/pdf': 'pdf',
    'text/plain': 'txt',
    'text/markdown': 'md',
    'text/csv': 'csv',
    'text/html': 'html',
    'application/msword': 'doc',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
    'application/vnd.ms-excel': 'xls',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  },
  audio: {
    'audio/mpeg': 'mp3',
    'audio/mp3': 'mp3',
    'audio/wav': 'wav',
    'audio/x-wav': 'wav',
    'audio/aac': 'aac',
    'audio/flac': 'flac',
    'audio/ogg': 'ogg',
    'audio/opus': 'opus',
    'audio/mp4': 'mp4',
    'audio/webm': 'webm',
  },
  video: {
    'video/mp4': 'mp4',
    'video/quicktime': 'mov',
    'video/x-matroska': 'mkv',
    'video/webm': 'webm',
    'video/x-flv': 'flv',
    'video/mpeg': 'mpeg',
    'video/x-ms-wmv': 'wmv',
    'video/3gpp': 'three_gp',
  },
}

const isStored = (url: string): boolean => url.startsWith('s3://')

/** Converse opens S3 addresses alone. */
export const mustInline = ({ source }: MediaPart): boolean =>
  source.kind === 'url' && !isStored(source.url) && parseDataUrl(source.url) === undefined

/** The block of a medium; undefined when it was refused or has become text. `where` names it to the client. */
export function writeMedia(part: MediaPart, where: string, to: Writing): WireBlock | undefined {
  const { source, mime } = resolved(part)
  const kind = part.media === 'file' ? 'document' : part.media
  const format = formats[kind][mime ?? '']
  if (source && format !== undefined) {
    if (kind === 'document') return { document: writeDocument(part, { format, source }, to) }
    // The kinds are the names of their blocks.
    return { [kind]: { format, source } } as WireBlock
  }
  const text = kind === 'document' ? asText(part) : undefined
  if (text) return { text: text.text }
  to.refuse(`The model "${to.model}" cannot be given this ${kind}${mime === undefined ? '' : ` (${mime})`}.`, where)
  return undefined
}

interface Resolved {
  readonly source?: WireSource
  readonly mime?: string
}

function resolved({ source, mime }: MediaPart): Resolved {
  const known = mime === undefined ? {} : { mime }
  if (source.kind === 'text') return { source: { text: source.text }, mime: mime ?? 'text/plain' }
  if (source.kind === 'base64') return bytes(source.data, mime)
  if (source.kind !== 'url') return known
  const data = parseDataUrl(source.url)
  if (data) return bytes(data.base64, data.mime)
  return isStored(source.url) ? { source: { s3Location: { uri: source.url } }, ...stored(source.url, mime) } : known
}

/** What the bytes are counts more than what they are called. */
function bytes(base64: string, declared: string | undefined): Resolved {
  const mime = sniffMime(base64) ?? declared
  return { source: { bytes: base64 }, ...(mime !== undefined && { mime }) }
}

/** Nobody sees the bytes of a stored file: its name tells its type. */
function stored(url: string, mime: string | undefined): { mime?: string } {
  const ending = /\.([a-z0-9]+)$/i.exec(url)?.[1]?.toLowerCase()
  const found = Object.values(formats)
    .flatMap((table) => Object.entries(table))
    .find(([, format]) => format === (ending === 'jpg' ? 'jpeg' : ending))?.[0]
  const told = mime ?? found
  return told === undefined ? {} : { mime: told }
}

function writeDocument(part: MediaPart, content: Pick<WireDocument, 'format' | 'source'>, to: Writing): WireDocument {
  return {
    name: documentName(part.title ?? part.name, to.documents),
    ...content,
    ...(part.context !== undefined && { context: part.context }),
    ...(part.cite && { citations: { enabled: true } }),
  }
}

/** A legal name that no earlier document has: numbered in order, so that the same history gives the same names. */
function documentName(wanted: string | undefined, taken: Set<string>): string {
  const clean = (wanted ?? '')
    .replace(/\.[a-z0-9]{1,5}$/i, '')
    .replace(/[^A-Za-z0-9\-()[\] ]/g, '-')
    .replace(/ {2,}/g, ' ')
    .trim()
    .slice(0, 180)
  const root = clean === '' ? 'document' : clean
  let name = root
  for (let count = 2; taken.has(name); count++) name = `${root} (${count})`
  taken.add(name)
  return name
}
