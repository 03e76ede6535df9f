import type { MediaKind, MediaPart, MediaSource } from '../part.ts'
import { imageSize } from './image-size.ts'
import { estimateTokens } from './text.ts'

/** What a medium costs whose bytes are not here. */
const unseenTokens: Readonly<Record<MediaKind, number>> = {
  image: 1_000,
  document: 2_000,
  file: 2_000,
  audio: 2_000,
  video: 18_000,
}

/** Tokens of a medium that the model is to look at or listen to. */
export function mediaTokens(part: MediaPart, source: Exclude<MediaSource, { kind: 'parts' }>): number {
  if (source.kind === 'text') return estimateTokens(source.text)
  if (part.media === 'image' && part.detail === 'low') return lowDetailTokens
  if (source.kind !== 'base64') return unseenTokens[part.media]
  return counters[part.media](source.data, part.mime ?? '')
}

/** @see https://platform.openai.com/docs/guides/images-vision#calculating-costs */
const lowDetailTokens = 85

const counters: Readonly<Record<MediaKind, (base64: string, mime: string) => number>> = {
  image: imageTokens,
  document: documentTokens,
  file: documentTokens,
  audio: (base64, mime) => Math.ceil((sizeBytes(base64) / audioBytesPerSecond(mime)) * 32),
  video: (base64) => Math.ceil((sizeBytes(base64) / videoBytesPerSecond) * 300),
}

const sizeBytes = (base64: string): number => Math.floor((base64.length * 3) / 4)

/** Vendors scale a picture down to this side. @see https://platform.claude.com/docs/en/build-with-claude/vision */
const longestSidePixels = 1_600
const pixelsPerToken = 750

function imageTokens(base64: string): number {
  const size = imageSize(base64)
  if (size === undefined) return unseenTokens.image
  const scale = Math.min(1, longestSidePixels / Math.max(size.width, size.height, 1))
  return Math.max(1, Math.ceil((size.width * scale * size.height * scale) / pixelsPerToken))
}

const tokensPerPage = 2_000
/** A guess between plain text and scans. */
const bytesPerPage = 60_000

function documentTokens(base64: string, mime: string): number {
  if (/^text\/|json|xml/.test(mime)) return estimateTokens(Buffer.from(base64, 'base64').toString('utf8'))
  return Math.ceil(sizeBytes(base64) / bytesPerPage) * tokensPerPage
}

/** Uncompressed speech at 16 kHz; or 128 kbit a second. */
const audioBytesPerSecond = (mime: string): number => (/wav|pcm|l16/i.test(mime) ? 32_000 : 16_000)
const videoBytesPerSecond = 250_000
