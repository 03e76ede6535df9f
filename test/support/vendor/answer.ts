import type { DialectId } from '../../../src/model/dialect.ts'

/** What a fake vendor answers, whatever the format: its words, and what it bills for them. */
export interface VendorAnswer {
  readonly inputTokens: number
  /** Pieces of thought and of text. */
  readonly thoughts: number
  readonly texts: number
  /** Billed as output and never said. */
  readonly silentTokens?: number
}

/** A piece of thought or text. Some are short, as a tokenizer's are. */
export const pieceText = (at: number): string => (at % 4 === 0 ? 'sea' : 'and then came the sea')

/** Of so many pieces. */
export const textOf = (pieces: number): string => Array.from({ length: pieces }, (_, at) => pieceText(at)).join('')

/** What so many pieces are billed as: 4.2 letters a token. */
export const tokensOf = (pieces: number): number => Math.ceil(textOf(pieces).length / 4.2)

/** Where in a stream a frame stands. `usage`: everything is told that will be billed. */
export type Phase = 'start' | 'thinking' | 'content' | 'usage' | 'end'

/** One write of a stream, and how many output tokens the vendor has made when it is out. */
export interface Piece {
  readonly phase: Phase
  readonly text: string
  readonly outputTokens: number
}

/** How a vendor of a format speaks, written without the product's dialects so that it can judge them. */
export interface VendorFormat {
  /** Whether a request wants its answer as a stream. */
  isStream(path: string, body: string): boolean
  stream(answer: VendorAnswer): readonly Piece[]
  whole(answer: VendorAnswer): object
}

export type VendorFormats = Readonly<Record<DialectId, VendorFormat>>

export const thoughtTokens = ({ thoughts }: VendorAnswer): number => tokensOf(thoughts)
export const outputTokens = ({ silentTokens = 0, texts, thoughts }: VendorAnswer): number =>
  tokensOf(thoughts) + tokensOf(texts) + silentTokens

/** Says a piece, with what was made when it is out. */
type Say = (text: string, outputTokens: number) => string

/** Frames of thoughts and then of texts, each with what has been made so far. */
export function told(
  { thoughts, texts }: Pick<VendorAnswer, 'thoughts' | 'texts'>,
  say: { thought: Say; text: Say },
): Piece[] {
  const before = tokensOf(thoughts)
  const pieces = (count: number, phase: Phase, made: number, write: Say): Piece[] =>
    Array.from({ length: count }, (_, at) => {
      const outputTokens = made + tokensOf(at + 1)
      return { phase, text: write(pieceText(at), outputTokens), outputTokens }
    })
  return [...pieces(thoughts, 'thinking', 0, say.thought), ...pieces(texts, 'content', before, say.text)]
}
