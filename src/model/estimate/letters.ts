/** What a character is to a tokenizer; bits, so that a run of several kinds is found in one go. */
export const kind = { lower: 1, upper: 2, digit: 4, blank: 8, newline: 16, sign: 32, wide: 64 } as const

const asciiKinds: readonly (readonly [RegExp, number])[] = [
  [/[a-z]/, kind.lower],
  [/[A-Z]/, kind.upper],
  [/\d/, kind.digit],
  [/[\r\n]/, kind.newline],
  [/\s/, kind.blank],
  [/./, kind.sign],
]

const ascii = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  return asciiKinds.find(([pattern]) => pattern.test(character))?.[1] ?? kind.sign
})

/** The kind of a UTF-16 unit; letters with accents count as lower case. */
export function kindOf(unit: number): number {
  if (unit < 128) return ascii[unit] ?? kind.sign
  if (unit === 0xa0 || unit === 0x3000) return kind.blank
  return isAccented(unit) ? kind.lower : kind.wide
}

export const isAccented = (unit: number): boolean =>
  (unit >= 0xc0 && unit <= 0x24f && unit !== 0xd7 && unit !== 0xf7) || (unit >= 0x1e00 && unit <= 0x1eff)

/** Tokens for each code point of a script, by the last code point of its block. Measured on running text. */
const scripts: readonly (readonly [last: number, tokens: number])[] = [
  [0x036f, 0.7], // signs beside the Latin letters
  [0x03ff, 0.45], // Greek
  [0x052f, 0.32], // Cyrillic
  [0x058f, 0.5], // Armenian
  [0x05ff, 0.4], // Hebrew
  [0x06ff, 0.38], // Arabic
  [0x08ff, 0.7],
  [0x097f, 0.4], // Devanagari
  [0x0dff, 0.45], // Bengali to Sinhala
  [0x0fff, 0.42], // Thai, Lao, Tibetan
  [0x10ff, 0.5], // Myanmar, Georgian
  [0x1fff, 0.8],
  [0x2fff, 0.9], // punctuation, arrows, box drawing
  [0x303f, 0.9], // Chinese punctuation
  [0x30ff, 0.6], // kana
  [0x9fff, 0.69], // Chinese characters
  [0xabff, 1.2],
  [0xd7af, 0.6], // Hangul
  [0xfeff, 1.2],
  [0xffef, 0.9], // full width
  [0x1f2ff, 2],
  [0x1faff, 1.4], // pictures
  [0x10ffff, 2.2],
]

const lookUp = (point: number): number => scripts.find(([last]) => point <= last)?.[1] ?? 1

/** By groups of 16 code points, since every block ends with one; the looking up would be most of the work. */
const groups = Float64Array.from({ length: 0x1000 }, (_, group) => lookUp(group << 4))

/** Tokens that a character outside the Latin script takes, on average. */
export const tokensOf = (point: number): number => groups[point >> 4] ?? lookUp(point)
