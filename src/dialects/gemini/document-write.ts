import { asText } from '../../model/history.ts'
import type { MediaPart, Part } from '../../model/part.ts'
import { writeMedia } from './parts-write.ts'
import type { WirePart } from './shapes.ts'
import type { Writing } from './writing.ts'

/** A picture, a sound, a document with what the client says about it in front. */
export function writeDocument(part: MediaPart, writing: Writing): readonly WirePart[] {
  const { target, given } = writing
  if (part.cite) given.drop('citations')
  const { source } = part
  if (source.kind === 'text') return writeWords(part)
  const heading = [part.title, part.context].filter((line) => line !== undefined && line !== '').join('\n')
  const head = heading === '' ? [] : [{ text: heading }]
  if (source.kind === 'parts')
    return [
      ...head,
      ...source.parts.flatMap((inner) => (inner.kind === 'media' ? writeDocument(inner, writing) : writeWords(inner))),
    ]
  const resolution = target.capabilities.signsCalls || writing.isOwn
  if (!resolution && part.detail !== undefined && part.detail !== 'auto') given.drop('detail')
  const written = writeMedia(part, { resolution })
  const problem = written ? problemOf(part) : 'cannot open a file that another vendor keeps'
  if (problem !== undefined) given.refuse('messages', `this model ${problem}`)
  return written ? [...head, written] : head
}

const problemOf = ({ mime }: MediaPart): string | undefined =>
  mime !== undefined && officeTypes.test(mime) ? `cannot read files of type ${mime}` : undefined

const officeTypes = /^application\/(?:msword|vnd\.(?:ms-|openxmlformats-|oasis\.opendocument))/

/** A block that other formats know, as the text it comes down to. */
export function writeWords(part: Part): readonly WirePart[] {
  const text = asText(part)?.text
  return text === undefined || text === '' ? [] : [{ text }]
}
