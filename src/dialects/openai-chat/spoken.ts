import type { MediaPart, Part } from '../../model/part.ts'
import type { ChatRequest } from '../../model/request.ts'
import { wavOf } from '../../wire/wav.ts'

/**
 * Raw sound, which some vendors answer with, as a file that players open; unless raw is what the client asked for.
 * Several pieces become one, since a message of this format has one sound.
 */
export function playable(parts: readonly Part[], ask: ChatRequest): readonly Part[] {
  const pieces = parts.flatMap((part) => (isRaw(part) ? [part] : []))
  const [first] = pieces
  if (!first || ask.output.audio?.format === 'pcm16') return parts
  const samples = Buffer.concat(pieces.map(({ source }) => Buffer.from(source.data, 'base64')))
  const data = wavOf(samples, rateHertz).toString('base64')
  const whole: Part = { ...first, mime: 'audio/wav', source: { kind: 'base64', data } }
  return parts.flatMap((part) => (part === first ? [whole] : isRaw(part) ? [] : [part]))
}

/** The rate of all raw sound that is known to come: the type's own parameter says the same. */
const rateHertz = 24_000

type RawSound = MediaPart & { readonly source: { readonly kind: 'base64'; readonly data: string } }

const isRaw = (part: Part): part is RawSound =>
  part.kind === 'media' && part.mime === 'audio/l16' && part.source.kind === 'base64'
