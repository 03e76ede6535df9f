import type { MediaKind, MediaPart } from '../../model/part.ts'
import { type Message, memberOf, readBytes, readMessage, readNumber, readText, readWord } from './proto.ts'

/** Bytes that stand in the part itself. */
export function readInline(part: Message): MediaPart {
  const blob = memberOf(part, 'inlineData')
  const name = readText(blob.displayName)
  return {
    ...mediaOf(readText(blob.mimeType), 'file'),
    source: { kind: 'base64', data: readBytes(blob.data) ?? '' },
    ...(name !== undefined && { name }),
    ...marksOf(part),
  }
}

/** Bytes that stand elsewhere. */
export function readFile(part: Message): MediaPart {
  const file = memberOf(part, 'fileData')
  const id = readText(file.fileUri) ?? ''
  const name = readText(file.displayName)
  return {
    ...mediaOf(readText(file.mimeType), isYouTube(id) ? 'video' : 'file'),
    source: isOwnFile(id) ? { kind: 'file', id, dialect: 'gemini' } : { kind: 'url', url: id },
    ...(name !== undefined && { name }),
    ...marksOf(part),
  }
}

/** The Files API, Cloud Storage and YouTube: nobody else can open these. */
export const isOwnFile = (uri: string): boolean =>
  !/^https?:/i.test(uri) || isYouTube(uri) || /^https:\/\/generativelanguage\.googleapis\.com\//i.test(uri)

const isYouTube = (uri: string): boolean => /^https?:\/\/(?:(?:www|m)\.)?(?:youtube\.com|youtu\.be)\//i.test(uri)

function mediaOf(
  mimeType: string | undefined,
  otherwise: MediaKind,
): { kind: 'media'; media: MediaKind; mime?: string } {
  const bare = mimeType?.split(';')[0]?.trim().toLowerCase()
  const mime = bare === 'image/jpg' ? 'image/jpeg' : bare
  if (!mime) return { kind: 'media', media: otherwise }
  return { kind: 'media', media: mediaKinds.find(([start]) => mime.startsWith(start))?.[1] ?? 'file', mime }
}

const mediaKinds: readonly (readonly [string, MediaKind])[] = [
  ['image/', 'image'],
  ['audio/', 'audio'],
  ['video/', 'video'],
  ['application/pdf', 'document'],
  ['text/', 'document'],
]

/** How closely to look, and which stretch of a film. */
function marksOf(part: Message): Pick<MediaPart, 'detail' | 'clip'> {
  const detail = details[readWord(memberOf(part, 'mediaResolution').level, 'media_resolution_') ?? '']
  const video = readMessage(part.videoMetadata)
  const start = readText(video?.startOffset)
  const end = readText(video?.endOffset)
  const fps = readNumber(video?.fps)
  return {
    ...(detail !== undefined && { detail }),
    ...(video && {
      clip: {
        ...(start !== undefined && { start }),
        ...(end !== undefined && { end }),
        ...(fps !== undefined && { fps }),
      },
    }),
  }
}

const details: Readonly<Record<string, NonNullable<MediaPart['detail']>>> = {
  low: 'low',
  medium: 'auto',
  high: 'high',
  ultra_high: 'original',
}
