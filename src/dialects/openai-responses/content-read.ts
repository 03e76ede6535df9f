import type { CacheMark, Citation, MediaKind, MediaPart, MediaSource, Part, TokenLogprob } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import { parseDataUrl, sniffMime } from '../../wire/media.ts'
import { filled, listOf, type Reading, recordOf } from './reading.ts'

/** Content of a message or of a tool's output: a string, or a list of typed pieces. */
export function readContent(value: unknown, param: string, reading: Reading): Part[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [{ kind: 'text', text: value }]
  if (isRecord(value)) return readPiece(value, param, reading)
  if (!Array.isArray(value)) {
    reading.wrong(param, 'a string or an array of content parts')
    return []
  }
  return value.flatMap((piece, at) => readPiece(piece, `${param}[${at}]`, reading))
}

function readPiece(piece: unknown, param: string, reading: Reading): Part[] {
  if (typeof piece === 'string') return [{ kind: 'text', text: piece }]
  if (!isRecord(piece)) {
    reading.wrong(param, 'an object')
    return []
  }
  const type = reading.text(piece.type, `${param}.type`) ?? ''
  const read = Object.hasOwn(pieceReaders, type) ? pieceReaders[type] : undefined
  if (!read) return [{ kind: 'opaque', dialect: 'openai-responses', type, value: piece }]
  const cache = readBreakpoint(piece.prompt_cache_breakpoint)
  return read(piece, param, reading).map((part) => (cache ? { ...part, cache } : part))
}

type PieceReader = (piece: Record<string, unknown>, param: string, reading: Reading) => Part[]

/** The types of this format, and those of Chat Completions that clients send by mistake. */
const pieceReaders: Readonly<Record<string, PieceReader>> = {
  input_text: readText,
  output_text: readText,
  text: readText,
  summary_text: readText,
  reasoning_text: readText,
  refusal: (piece, param, reading) => [
    { kind: 'refusal', text: reading.text(piece.refusal, `${param}.refusal`) ?? '' },
  ],
  input_image: readImage,
  image_url: readImage,
  input_file: readFile,
  file: (piece, param, reading) => readFile(recordOf(piece.file), `${param}.file`, reading),
  input_audio: readAudio,
}

function readText(piece: Record<string, unknown>, param: string, reading: Reading): Part[] {
  const citations = readAnnotations(piece.annotations)
  const logprobs = readLogprobs(piece.logprobs)
  return [
    {
      kind: 'text',
      text: reading.text(piece.text, `${param}.text`) ?? '',
      ...(citations.length > 0 && { citations }),
      ...(logprobs.length > 0 && { logprobs }),
    },
  ]
}

/** A citation of the web in neutral words; one of a file or container as it stands. */
export const readAnnotations = (value: unknown): Citation[] => listOf(value).filter(isRecord).map(readAnnotation)

export function readAnnotation(annotation: Record<string, unknown>): Citation {
  if (annotation.type !== 'url_citation' || typeof annotation.url !== 'string')
    return { kind: 'native', dialect: 'openai-responses', type: String(annotation.type), value: annotation }
  const { url, title, start_index: start, end_index: end } = annotation
  return {
    kind: 'url',
    url,
    ...(typeof title === 'string' && { title }),
    ...(typeof start === 'number' && { start }),
    ...(typeof end === 'number' && { end }),
  }
}

export const readLogprobs = (value: unknown): TokenLogprob[] =>
  listOf(value)
    .filter(isRecord)
    .map((entry) => ({ ...readToken(entry), top: listOf(entry.top_logprobs).filter(isRecord).map(readToken) }))

const readToken = (entry: Record<string, unknown>) => ({
  token: filled(entry.token) ?? '',
  logprob: typeof entry.logprob === 'number' ? entry.logprob : 0,
  ...(Array.isArray(entry.bytes) && { bytes: entry.bytes.filter((byte) => typeof byte === 'number') }),
})

function readBreakpoint(value: unknown): CacheMark | undefined {
  if (!isRecord(value)) return undefined
  return { ttl: (['5m', '30m', '1h', '12h'] as const).find((ttl) => ttl === value.ttl) ?? '30m' }
}

function readImage(piece: Record<string, unknown>, param: string, reading: Reading): Part[] {
  const nested = isRecord(piece.image_url) ? piece.image_url : { url: piece.image_url, detail: piece.detail }
  const url = reading.text(nested.url, `${param}.image_url`)
  const detail = reading.word(nested.detail, ['auto', 'low', 'high', 'original'])
  const found = url === undefined ? fileSource(piece) : urlSource(url, `${param}.image_url`, reading)
  if (!found) {
    if (url === undefined) reading.wrong(`${param}.image_url`, 'a URL, or a file_id')
    return []
  }
  return [{ kind: 'media', media: 'image', ...byMime(found), ...(detail && { detail }) }]
}

function readFile(piece: Record<string, unknown>, param: string, reading: Reading): Part[] {
  const name = reading.text(piece.filename, `${param}.filename`)
  const data = reading.text(piece.file_data, `${param}.file_data`)
  const url = reading.text(piece.file_url, `${param}.file_url`)
  const found =
    data !== undefined
      ? dataSource(data, `${param}.file_data`, reading)
      : url !== undefined
        ? urlSource(url, `${param}.file_url`, reading)
        : fileSource(piece)
  if (!found) {
    if (data === undefined && url === undefined) reading.wrong(param, 'file_data, file_url or file_id')
    return []
  }
  return [{ kind: 'media', media: 'document', ...byMime(found), ...(name !== undefined && { name }) }]
}

function readAudio(piece: Record<string, unknown>, param: string, reading: Reading): Part[] {
  const audio = reading.record(piece.input_audio, `${param}.input_audio`)
  const data = reading.text(audio?.data, `${param}.input_audio.data`)
  if (data === undefined) {
    reading.wrong(`${param}.input_audio.data`, 'a string')
    return []
  }
  const mime = audio?.format === 'mp3' ? 'audio/mpeg' : `audio/${filled(audio?.format) ?? 'wav'}`
  return [{ kind: 'media', media: 'audio', source: { kind: 'base64', data }, mime }]
}

interface Found {
  readonly source: MediaSource
  readonly mime?: string
}

const fileSource = (piece: Record<string, unknown>): Found | undefined => {
  const id = filled(piece.file_id)
  return id === undefined ? undefined : { source: { kind: 'file', id, dialect: 'openai-responses' } }
}

function urlSource(url: string, param: string, reading: Reading): Found | undefined {
  if (/^\s*data:/i.test(url)) return dataSource(url, param, reading)
  return { source: { kind: 'url', url } }
}

/** A data URL, or the bare base64 that some clients send. What the bytes are beats what the client calls them. */
function dataSource(text: string, param: string, reading: Reading): Found | undefined {
  const bare = /^\s*data:/i.test(text) ? text : `data:application/octet-stream;base64,${text}`
  const parsed = parseDataUrl(bare)
  if (!parsed) return reading.wrong(param, 'a base64-encoded data URL')
  return {
    source: { kind: 'base64', data: parsed.base64 },
    mime: sniffMime(parsed.base64) ?? (parsed.mime === 'application/octet-stream' ? 'application/pdf' : parsed.mime),
  }
}

/** A picture stays one without a type; what has a type is called by it. */
function byMime(found: Found): Found & Partial<Pick<MediaPart, 'media'>> {
  return found.mime === undefined ? found : { ...found, media: mediaKind(found.mime) }
}

const mediaKinds: readonly (readonly [RegExp, MediaKind])[] = [
  [/^image\//, 'image'],
  [/^audio\//, 'audio'],
  [/^video\//, 'video'],
  [/^(text\/|application\/pdf$)/, 'document'],
]

const mediaKind = (mime: string): MediaKind => mediaKinds.find(([pattern]) => pattern.test(mime))?.[1] ?? 'file'
