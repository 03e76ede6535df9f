import type { DialectId } from '../../src/model/dialect.ts'
import { outputTokens, type VendorAnswer } from '../support/vendor/answer.ts'

/** What one request wants of the vendor; it travels in the prompt, so that it arrives through any translation. */
export interface Order {
  /** Unlike that of any other request. */
  readonly mark: number
  readonly answer: VendorAnswer
  readonly gapMs: number
  /** How the vendor ends it. */
  readonly ends: 'well' | 'refused'
  readonly upstream: DialectId
}

const pattern = /order (\d+) in (\d+) thoughts (\d+) texts (\d+) gap (\d+) ends (well|refused) via ([a-z-]+)\./

export const promptOf = ({ answer, ends, gapMs, mark, upstream }: Order): string =>
  `order ${mark} in ${answer.inputTokens} thoughts ${answer.thoughts} texts ${answer.texts} gap ${gapMs} ends ${ends} via ${upstream}.`

export function orderIn(body: string): Order | undefined {
  const found = pattern.exec(body)
  if (!found) return undefined
  const [mark = 0, inputTokens = 0, thoughts = 0, texts = 0, gapMs = 0] = found.slice(1, 6).map(Number)
  return {
    mark,
    answer: { inputTokens, thoughts, texts },
    gapMs,
    ends: found[6] === 'well' ? 'well' : 'refused',
    // The pattern is read from what `promptOf` wrote.
    upstream: found[7] as DialectId,
  }
}

/** USD per million tokens, in the configuration; as many thousands of nano-USD a token. */
export const prices = { input: 1, output: 10 } as const

export const costOf = (inputTokens: number, output: number): bigint =>
  BigInt(inputTokens * prices.input + output * prices.output) * 1000n

/** What the vendor bills for the whole answer. */
export const wholeCost = ({ answer }: Order): bigint => costOf(answer.inputTokens, outputTokens(answer))
