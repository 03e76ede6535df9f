import type { MediaKind, MediaPart, MediaSource } from '../../model/part.ts'
import { parseDataUrl, sniffMime } from '../../wire/media.ts'
import { lookUp } from './reading.ts'

const extensions: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  heic: 'image/heic',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  mp4: 'video/mp4',
  mpeg: 'video/mpeg',
  mov: 'video/quicktime',
  webm: 'video/webm',
  avi: 'video/x-msvideo',
  mkv: 'video/x-matroska',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  opus: 'audio/opus',
  pcm16: 'audio/pcm',
}

/** The type that a format's word or a file's extension stands for. */
export const mimeOf = (extension: string): string | undefined => lookUp(extensions, extension.toLowerCase())

const kinds: Readonly<Record<string, MediaKind>> = { image: 'image', video: 'video', audio: 'audio', text: 'document' }

/** The kind of medium that a type is, or `fallback` where it is unknown. */
export function mediaOf(mime: string | undefined, fallback: MediaKind): MediaKind {
  if (mime === undefined || mime === 'application/octet-stream') return fallback
  return mime === 'application/pdf' ? 'document' : (lookUp(kinds, mime.slice(0, mime.indexOf('/'))) ?? 'file')
}

type Medium = Pick<MediaPart, 'kind' | 'media' | 'source' | 'mime'>

/**
 * What clients put where an address belongs: an `https:` URL, a data URL of any type, or bare base64. The type is read from
 * the bytes first, because data URLs lie, then from the data URL, then from the address's extension.
 */
export function mediumAt(address: string, fallback: MediaKind, declared?: string): Medium {
  if (/^\s*data:/i.test(address)) {
    const url = parseDataUrl(address)
    if (url) return inline(url.base64, fallback, url.mime)
  }
  if (isBareBase64(address)) return inline(address.replaceAll(/\s/g, ''), fallback, declared)
  const mime = declared ?? mimeOf(/\.([a-z\d]{2,5})(?:[?#].*)?$/i.exec(address)?.[1] ?? '')
  return { kind: 'media', media: mediaOf(mime, fallback), ...(mime && { mime }), source: { kind: 'url', url: address } }
}

/** Base64 with what is known of its type. */
export function inline(data: string, fallback: MediaKind, declared?: string): Medium {
  const mime = sniffMime(data) ?? (declared === 'application/octet-stream' ? undefined : declared)
  const source: MediaSource = { kind: 'base64', data }
  return { kind: 'media', media: mediaOf(mime, fallback), ...(mime && { mime }), source }
}

/** No scheme, long, and of base64's alphabet; looked at in its first stretch only, since pictures are large. */
const isBareBase64 = (address: string): boolean => address.length >= 64 && /^[A-Za-z\d+/_\-\s]{64}/.test(address)
