import type { CacheMark, MediaKind, MediaPart, Part, ThinkingPart } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import { inline, mediumAt, mimeOf } from './media-read.ts'
import { lookUp, oneOf, type Reading, recordOf, records, word } from './reading.ts'

/** A value of a content list and the path that names it in a fault. */
interface Place {
  readonly path: string
  readonly to: Reading
}

/** Content as clients write it: a string, a list of parts, one part without its list, nothing. */
export function readContent(value: unknown, { path, to }: Place): Part[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [{ kind: 'text', text: value }]
  if (isRecord(value)) return readPart(value, { path, to })
  const list = to.list(value, path)
  return (list ?? []).flatMap((part, at) => readPart(part, { path: `${path}[${at}]`, to }))
}

function readPart(value: unknown, place: Place): Part[] {
  if (typeof value === 'string') return [{ kind: 'text', text: value }]
  const part = place.to.record(value, place.path)
  if (!part) return []
  const type = place.to.text(part.type, `${place.path}.type`) ?? (typeof part.text === 'string' ? 'text' : '')
  const read = lookUp(readers, type)
  if (!read) return [{ kind: 'opaque', dialect: 'openai-chat', type, value: part }]
  const cache = cacheOf(part)
  return read(part, place).map((one) => (cache ? { ...one, cache } : one))
}

type ReadPart = (part: Record<string, unknown>, place: Place) => readonly Part[]

const text: ReadPart = (part, { path, to }) => {
  const said = to.text(part.text, `${path}.text`)
  return said === undefined ? [] : [{ kind: 'text', text: said }]
}

/** Every spelling of a part that clients of this format are known to send: its own, the Responses API's, Anthropic's. */
const readers: Readonly<Record<string, ReadPart>> = {
  text,
  input_text: text,
  output_text: text,
  refusal: (part, { path, to }) => {
    const said = to.text(part.refusal, `${path}.refusal`)
    return said === undefined ? [] : [{ kind: 'refusal', text: said }]
  },
  image_url: addressed('image_url', 'image'),
  input_image: addressed('image_url', 'image'),
  video_url: addressed('video_url', 'video'),
  input_video: addressed('input_video', 'video'),
  video: addressed('video', 'video'),
  audio_url: addressed('audio_url', 'audio'),
  document_url: addressed('document_url', 'document'),
  file_url: addressed('file_url', 'document'),
  input_audio: readAudio,
  file: readFile,
  input_file: readFile,
  image: readBlock('image'),
  document: readBlock('document'),
  thinking: (part) => [thoughtBlock(part)],
  redacted_thinking: (part) => [thoughtBlock(part)],
  tool_use: (part) => [
    {
      kind: 'tool_call',
      id: word(part.id) ?? '',
      name: word(part.name) ?? '',
      tool: { flavor: 'function' },
      arguments: JSON.stringify(part.input ?? {}),
    },
  ],
  tool_result: (part, { path, to }) => [
    {
      kind: 'tool_result',
      id: word(part.tool_use_id) ?? '',
      tool: { flavor: 'function' },
      parts: readContent(part.content, { path: `${path}.content`, to }),
      ...(part.is_error === true && { isError: true }),
    },
  ],
}

/** A medium under `field`: an address, or an object that holds one. */
function addressed(field: string, fallback: MediaKind): ReadPart {
  return (part, { path, to }) => {
    const fileId = word(part.file_id)
    const held = part[field] ?? part.url
    const detail = oneOf(recordOf(held).detail ?? part.detail, ['auto', 'low', 'high', 'original'])
    if (fileId !== undefined && held === undefined) return [fileAt(fileId, fallback)]
    const address = isRecord(held) ? to.text(held.url, `${path}.${field}.url`) : to.text(held, `${path}.${field}`)
    if (address === undefined) {
      to.refuse(`${path}.${field}`, 'expected a URL or a data URL.')
      return []
    }
    return [{ ...mediumAt(address, fallback), ...(detail && { detail }), ...nameOf(part), ...clipOf(recordOf(held)) }]
  }
}

const fileAt = (id: string, media: MediaKind): MediaPart => ({
  kind: 'media',
  media,
  source: { kind: 'file', id, dialect: 'openai-chat' },
})

const nameOf = (part: Readonly<Record<string, unknown>>): { name?: string } => {
  const name = word(part.filename) ?? word(part.file_name) ?? word(part.document_name)
  return name === undefined ? {} : { name }
}

const clipOf = ({ fps }: Readonly<Record<string, unknown>>): Pick<MediaPart, 'clip'> =>
  typeof fps === 'number' ? { clip: { fps } } : {}

function readAudio(part: Record<string, unknown>, { path, to }: Place): Part[] {
  const audio = to.record(part.input_audio, `${path}.input_audio`)
  const data = to.text(audio?.data ?? audio?.url, `${path}.input_audio.data`)
  if (data === undefined) {
    to.refuse(`${path}.input_audio.data`, 'expected base64 or a URL.')
    return []
  }
  const declared = mimeOf(word(audio?.format) ?? '')
  if (/^\s*(data|https?):/i.test(data)) return [mediumAt(data, 'audio', declared)]
  const medium = inline(data, 'audio', declared)
  return [{ ...medium, media: 'audio', ...(declared && { mime: declared }) }]
}

/** A file by id, by its bytes (as a data URL, or bare), or by an address: in `file`, or flat as the Responses API has it. */
function readFile(part: Record<string, unknown>, { path, to }: Place): Part[] {
  const isNested = isRecord(part.file)
  const file = recordOf(isNested ? part.file : part)
  const at = isNested ? `${path}.file` : path
  const named = nameOf(file)
  const id = to.text(file.file_id, `${at}.file_id`)
  if (id !== undefined) return [{ ...fileAt(id, 'file'), ...named }]
  const address = to.text(file.file_data ?? file.file_url ?? file.url, `${at}.file_data`)
  if (address === undefined) {
    to.refuse(`${at}.file_data`, 'expected file_data, file_url or file_id.')
    return []
  }
  const declared = mimeOf(/\.([a-z\d]+)$/i.exec(named.name ?? '')?.[1] ?? '') ?? word(file.format)
  return [{ ...mediumAt(address, 'document', declared), ...named }]
}

/** Anthropic's blocks: `{source: {type, media_type, data | url | file_id | content}}`. */
function readBlock(fallback: MediaKind): ReadPart {
  return (part, place) => {
    const source = recordOf(part.source)
    const title = word(part.title)
    const context = word(part.context)
    const more = { ...(title !== undefined && { title }), ...(context !== undefined && { context }) }
    const medium = blockMedium(source, fallback, place)
    if (medium) return [{ ...medium, ...more }]
    // Some clients write an address right into the part.
    return addressed(fallback, fallback)(part, place)
  }
}

function blockMedium(source: Readonly<Record<string, unknown>>, fallback: MediaKind, { path, to }: Place) {
  const [data, url, fileId] = [word(source.data), word(source.url), word(source.file_id)]
  if (source.type === 'text' && data !== undefined)
    return { kind: 'media', media: 'document', mime: 'text/plain', source: { kind: 'text', text: data } } as const
  if (data !== undefined) return inline(data, fallback, word(source.media_type))
  if (url !== undefined) return mediumAt(url, fallback)
  if (fileId !== undefined)
    return {
      kind: 'media',
      media: fallback,
      source: { kind: 'file', id: fileId, dialect: 'anthropic-messages' },
    } as const
  if (source.content === undefined) return undefined
  const parts = readContent(source.content, { path: `${path}.source.content`, to })
  return { kind: 'media', media: 'document', source: { kind: 'parts', parts } } as const
}

/** A thought as Anthropic writes it, also in `thinking_blocks`. */
export function thoughtBlock(block: Record<string, unknown>): ThinkingPart {
  const held = block.thinking
  const thought =
    typeof held === 'string'
      ? held
      : records(held)
          .map((part) => word(part.text) ?? '')
          .join('')
  const signature = word(block.signature)
  const redacted = word(block.data)
  if (redacted !== undefined)
    return {
      kind: 'thinking',
      text: '',
      form: 'redacted',
      seal: { dialect: 'openai-chat', kind: 'redacted', data: redacted },
    }
  return {
    kind: 'thinking',
    text: thought,
    form: 'raw',
    ...(signature !== undefined && { seal: { dialect: 'openai-chat', kind: 'signature', data: signature } }),
  }
}

/** A cache breakpoint, in Anthropic's spelling or in this format's own. */
export function cacheOf(marked: Readonly<Record<string, unknown>>): CacheMark | undefined {
  if (isRecord(marked.cache_control)) return { ttl: oneOf(marked.cache_control.ttl, ['5m', '1h']) ?? '5m' }
  if (!isRecord(marked.prompt_cache_breakpoint)) return undefined
  return { ttl: oneOf(marked.prompt_cache_breakpoint.ttl, ['30m', '12h']) ?? '30m' }
}
