import { codePointToByte } from '../../model/citation.ts'
import type { Citation, ServerCallPart, ServerResultPart } from '../../model/part.ts'
import { toolInput } from '../../model/tools/arguments.ts'
import { readMessage, readTexts } from './proto.ts'

/** A text with its citations, and how many bytes of visible text were said before it. */
interface Cited {
  readonly text: string
  readonly citations: readonly Citation[]
  readonly before: number
}

type Grounding = Readonly<Record<string, unknown>>

/** Collects searches and citations of one candidate, which Gemini tells together at its end. */
export class GroundingWriter {
  readonly #sources = new Map<string, string>()
  readonly #supports: Grounding[] = []
  readonly #queries: string[] = []
  #own: Grounding | undefined

  /** Searches are told as grounding; other tools have none. */
  take(part: ServerCallPart | ServerResultPart): void {
    const own = readMessage(part.native?.dialect === 'gemini' ? part.native.value : undefined)
    this.#own = readMessage(own?.groundingMetadata) ?? this.#own
    if (part.tool !== 'web_search' || own) return
    if (part.kind === 'server_call') this.#queries.push(...queriesOf(part))
    else for (const hit of part.hits ?? []) this.#source(hit.url, hit.title)
  }

  /** Offsets count bytes of the candidate's whole text, which is how a reader that joins the chunks sees it. */
  cite({ text, citations, before }: Cited): void {
    for (const citation of citations) {
      if (citation.kind !== 'url') continue
      const end = codePointToByte(text, citation.end ?? [...text].length)
      const start = Math.min(codePointToByte(text, citation.start ?? 0), end)
      this.#supports.push({
        segment: {
          startIndex: before + start,
          endIndex: before + end,
          text: Buffer.from(text).toString('utf8', start, end),
        },
        groundingChunkIndices: [this.#source(citation.url, citation.title ?? '')],
      })
    }
  }

  /** The vendor's own where it was told; undefined when there is nothing. */
  result(): Grounding | undefined {
    if (this.#own) return this.#own
    if (this.#sources.size + this.#queries.length === 0) return undefined
    return {
      ...(this.#queries.length > 0 && { webSearchQueries: this.#queries }),
      groundingChunks: [...this.#sources].map(([uri, title]) => ({ web: { uri, ...(title !== '' && { title }) } })),
      ...(this.#supports.length > 0 && { groundingSupports: this.#supports }),
    }
  }

  #source(url: string, title: string): number {
    if (!this.#sources.get(url)) this.#sources.set(url, title)
    return [...this.#sources.keys()].indexOf(url)
  }
}

function queriesOf(call: ServerCallPart): readonly string[] {
  const asked = toolInput(call.arguments)
  return [...readTexts(asked.query), ...readTexts(asked.queries)]
}
