import type { Bound } from '../ledger/price/price.ts'
import { isRecord } from '../wire/json.ts'

/** What a request can read and write at most, found without knowing its format. */
export function boundOf(body: Readonly<Record<string, unknown>>, bytes: number, mostOutput: number): Bound {
  return {
    input: bytes <= smallBody ? bytes : inputIn(body),
    output: mostOutput * choicesIn(body),
    searches: searchesIn(body),
  }
}

/** Below this nobody has hidden a picture that is worth looking for. */
const smallBody = 16_384

/** No tokenizer makes more than one token of a byte of text; the bytes of a picture or a document are worth less. */
function inputIn(value: unknown): number {
  if (typeof value === 'string') return isEncoded(value) ? encodedTokens(value.length) : Buffer.byteLength(value)
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + punctuation + inputIn(item), 0)
  if (!isRecord(value)) return punctuation
  let sum = 0
  for (const key in value) sum += key.length + punctuation + inputIn(value[key])
  return sum
}

const punctuation = 4
const shortestEncoded = 1024
const alphabet = /^[A-Za-z0-9+/=_-]+$/

/** Base64, or a data URL: looked at where it begins. Text of that length has spaces. */
const isEncoded = (text: string): boolean =>
  text.length >= shortestEncoded && (text.startsWith('data:') || alphabet.test(text.slice(0, shortestEncoded)))

/** A large picture is some thousand tokens whatever its bytes; a document has a page of text for each few thousand. */
const encodedTokens = (length: number): number => 4_000 + Math.ceil(length / 8)

/** How many answers are asked for: OpenAI's `n`, Gemini's `candidateCount`. */
function choicesIn({ n, generationConfig }: Readonly<Record<string, unknown>>): number {
  const asked = n ?? (isRecord(generationConfig) ? generationConfig.candidateCount : undefined)
  return typeof asked === 'number' && asked > 1 ? Math.min(128, Math.ceil(asked)) : 1
}

const usualSearches = 10

/** Searches that the vendor may run by itself: as many as the tool says, or what is usual. */
function searchesIn({ tools, web_search_options: options }: Readonly<Record<string, unknown>>): number {
  const searching = (Array.isArray(tools) ? tools : []).filter(searches)
  const limits = searching.map(({ max_uses: limit }) =>
    typeof limit === 'number' && limit > 0 ? limit : usualSearches,
  )
  return limits.reduce((sum, limit) => sum + Math.min(100, limit), options === undefined ? 0 : usualSearches)
}

const searches = (tool: unknown): tool is Record<string, unknown> =>
  isRecord(tool) &&
  ((typeof tool.type === 'string' && tool.type.startsWith('web_search')) ||
    'googleSearch' in tool ||
    'google_search' in tool)
