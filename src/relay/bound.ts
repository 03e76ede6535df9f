import type { Bound } from '../ledger/price/price.ts'
import { asBuffer } from '../wire/bytes.ts'
import { isRecord } from '../wire/json.ts'

/** What a request can read and write at most, found without knowing its format. */
export function boundOf(body: Body, bytes: Uint8Array, mostOutput: number): Bound {
  return {
    input: bytes.length <= smallBody && !mentionsOthers(bytes) ? bytes.length : inputIn(body),
    output: mostOutput * choicesIn(body),
    searches: usesIn(body, searches, 'web_search_options' in body ? usualUses : 0),
    fetches: usesIn(body, fetches),
  }
}

type Body = Readonly<Record<string, unknown>>

/** Below this nobody has hidden a picture that is worth looking for. */
const smallBody = 16_384

/** What is read and not sent stands under names that end in `url`, begin with `file`, or say that it is cached. */
function mentionsOthers(bytes: Uint8Array): boolean {
  const text = asBuffer(bytes)
  return traces.some((trace) => text.includes(trace))
}

const traces = ['rl"', '"file', 'ached'].map((trace) => Buffer.from(trace))

/** No tokenizer makes more than one token of a byte of text; the bytes of a picture or a document are worth less. */
function inputIn(value: unknown, within?: Kind): number {
  if (typeof value === 'string') return isEncoded(value) ? encodedTokens(value.length) : Buffer.byteLength(value)
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + punctuation + inputIn(item, within), 0)
  if (!isRecord(value)) return punctuation
  const kind = within ?? kindOf(value)
  let sum = 0
  for (const key in value)
    sum += key.length + punctuation + inputIn(value[key], kind) + elsewhere(key, value[key], kind)
  return sum
}

/** What is named in a request and read from elsewhere, in tokens: the usual, since nobody here can look at it. */
const usual = { picture: 6_000, document: 50_000 } as const
type Kind = keyof typeof usual

function elsewhere(key: string, value: unknown, kind: Kind | undefined): number {
  if (typeof value !== 'string' || value.startsWith('data:')) return 0
  const known = names.get(key.replaceAll('_', '').toLowerCase())
  // A link is read only as a part of its own; links in citations and in what a search found are text.
  return known === undefined || (known === 'link' && !kind) ? 0 : usual[kind ?? (known === 'link' ? 'picture' : known)]
}

const names: ReadonlyMap<string, Kind | 'link'> = new Map([
  ['url', 'link'],
  ['imageurl', 'picture'],
  ...['fileid', 'fileurl', 'fileuri', 'cachedcontent'].map((name) => [name, 'document'] as const),
])

/** What a part of a request is, by the type that it says, or that its file has. */
function kindOf({ mimeType, mime_type, type }: Body): Kind | undefined {
  const mime = mimeType ?? mime_type
  if (typeof mime === 'string') return mime.startsWith('image/') ? 'picture' : 'document'
  return typeof type === 'string' ? kinds.get(type) : undefined
}

const kinds: ReadonlyMap<string, Kind> = new Map([
  ...['image', 'image_url', 'input_image'].map((type) => [type, 'picture'] as const),
  ...['document', 'input_file', 'file', 'container_upload', 'video_url'].map((type) => [type, 'document'] as const),
])

const punctuation = 4
const shortestEncoded = 1024
const alphabet = /^[A-Za-z0-9+/=_-]+$/

/** Base64, or a data URL: looked at where it begins. Text of that length has spaces. */
const isEncoded = (text: string): boolean =>
  text.length >= shortestEncoded && (text.startsWith('data:') || alphabet.test(text.slice(0, shortestEncoded)))

/** A large picture is some thousand tokens whatever its bytes; a document has a page of text for each few thousand. */
const encodedTokens = (length: number): number => 4_000 + Math.ceil(length / 8)

/** How many answers are asked for: OpenAI's `n`, Gemini's `candidateCount`, in either of its spellings. */
function choicesIn({ n, generationConfig, generation_config }: Body): number {
  const config = isRecord(generationConfig) ? generationConfig : isRecord(generation_config) ? generation_config : {}
  const asked = n ?? config.candidateCount ?? config.candidate_count
  return typeof asked === 'number' && asked > 1 ? Math.min(128, Math.ceil(asked)) : 1
}

const usualUses = 10
const mostUses = 100

/** How often the vendor may use tools of its own: as often as each says, or what is usual. */
function usesIn({ tools }: Body, isOf: (tool: Body) => boolean, others = 0): number {
  if (!Array.isArray(tools)) return others
  return tools
    .filter(isRecord)
    .filter(isOf)
    .map(usesOf)
    .reduce((sum, uses) => sum + uses, others)
}

const usesOf = ({ max_uses: limit }: Body): number =>
  Math.min(mostUses, typeof limit === 'number' && limit > 0 ? limit : usualUses)

const searches = (tool: Body): boolean =>
  beginsWith(tool, 'web_search') || 'googleSearch' in tool || 'google_search' in tool

const fetches = (tool: Body): boolean => beginsWith(tool, 'web_fetch') || 'urlContext' in tool || 'url_context' in tool

const beginsWith = ({ type }: Body, start: string): boolean => typeof type === 'string' && type.startsWith(start)
