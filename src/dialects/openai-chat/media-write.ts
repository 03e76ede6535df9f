import type { MediaPart } from '../../model/part.ts'
import type { ChatQuirks } from './quirks.ts'
import { lookUp } from './reading.ts'
import type { ChatPart } from './shapes.ts'

/** A medium as parts of a user message, or what of it this server cannot take. */
export type WrittenMedium = { readonly parts: readonly ChatPart[] } | { readonly unsupported: string }

/**
 * Writes a medium. What `mustInline` names must have been inlined before. Documents of plain text become text,
 * with their title above.
 */
export function writeMedium(part: MediaPart, quirks: ChatQuirks): WrittenMedium {
  const text = textOf(part)
  if (text !== undefined) return { parts: [{ type: 'text', text: headed(part, text) }] }
  const heading = headed(part, '').trim()
  const said: ChatPart[] = heading === '' ? [] : [{ type: 'text', text: heading }]
  const written = writers[part.media](part, quirks)
  return typeof written === 'string' ? { unsupported: written } : { parts: [...said, written] }
}

type Write = (part: MediaPart, quirks: ChatQuirks) => ChatPart | string

const writers: Readonly<Record<MediaPart['media'], Write>> = {
  image(part, { imageInput }) {
    if (part.source.kind === 'file') return ownFile(part, 'images by file id')
    const url = imageInput ? urlOf(part, 'image/png') : undefined
    if (url === undefined) return 'images'
    return { type: 'image_url', image_url: { url, ...(part.detail && { detail: part.detail }) } }
  },
  document: writeFile,
  file: writeFile,
  audio(part, { audioInput }) {
    const format = lookUp(audioFormats, part.mime ?? '')
    if (!audioInput || !format || part.source.kind !== 'base64') return part.mime ?? 'audio'
    return { type: 'input_audio', input_audio: { data: part.source.data, format } }
  },
  video(part, { videoUrl }) {
    const url = videoUrl ? urlOf(part, 'video/mp4') : undefined
    return url === undefined ? 'video' : { type: 'video_url', video_url: { url } }
  },
}

/** @see https://platform.openai.com/docs/api-reference/chat/create (input_audio.format) */
const audioFormats: Readonly<Record<string, string>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
  'audio/vnd.wave': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
}

/** A PDF needs its type in a data URL and a name; bare base64 is refused. */
function writeFile(part: MediaPart, { fileInput, documentForm, documentUrls }: ChatQuirks): ChatPart | string {
  const mime = part.mime ?? 'application/pdf'
  if (!fileInput) return mime
  if (part.source.kind === 'file') return ownFile(part, 'files by id')
  if (part.source.kind === 'url' && !documentUrls) return `${mime} by address`
  const address = urlOf(part, mime)
  if (address === undefined) return mime
  if (documentForm === 'document_url') return { type: 'document_url', document_url: address }
  const filename = part.name ?? (mime === 'application/pdf' ? 'document.pdf' : 'file')
  return { type: 'file', file: { file_data: address, filename } }
}

const ownFile = ({ source }: MediaPart, what: string): ChatPart | string =>
  source.kind === 'file' && source.dialect === 'openai-chat' ? { type: 'file', file: { file_id: source.id } } : what

function urlOf({ source, mime }: MediaPart, usual: string): string | undefined {
  if (source.kind === 'url') return source.url
  return source.kind === 'base64' ? `data:${mime ?? usual};base64,${source.data}` : undefined
}

/** The text of a document that is nothing but text. */
function textOf({ source, mime, media }: MediaPart): string | undefined {
  if (source.kind === 'text') return source.text
  const isText = source.kind === 'base64' && media === 'document' && mime?.startsWith('text/')
  return isText ? Buffer.from(source.data, 'base64').toString() : undefined
}

/** What is known about a document, above it. */
const headed = ({ title, context }: MediaPart, text: string): string =>
  [title && `Document: ${title}`, context, text].filter(Boolean).join('\n\n')

/** Media whose addresses this server cannot open itself. */
export function mustInline(part: MediaPart, quirks: ChatQuirks): boolean {
  if (part.source.kind !== 'url') return false
  if (part.media === 'image') return quirks.inlineImages
  if (part.media === 'document' || part.media === 'file') return !quirks.documentUrls
  return part.media === 'audio'
}
