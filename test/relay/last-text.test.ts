import { describe, expect, it } from 'vitest'
import type { Turn } from '../../src/model/request.ts'
import { LastText, lastTextId } from '../../src/relay/last-text.ts'

const asked: readonly Turn[] = [{ role: 'user', parts: [{ kind: 'text', text: 'Where?' }] }]

describe('the name of a last text', () => {
  it('is the same however its pieces are cut, in the middle of a character too', () => {
    const text = 'The tide 🌊 comes in, 潮が満ちる. '.repeat(500)
    for (const size of [1, 7, 4_096, 5_000]) {
      const pieces = new LastText(asked)
      for (let at = 0; at < text.length; at += size) pieces.add(text.slice(at, at + size))
      expect(pieces.id()).toBe(lastTextId(asked, text))
      expect(pieces.id()).toBe(lastTextId(asked, text))
    }
  })

  it('is another for other words, and after another question', () => {
    const other: readonly Turn[] = [{ role: 'user', parts: [{ kind: 'text', text: 'When?' }] }]
    expect(new Set([lastTextId(asked, 'a'), lastTextId(asked, 'b'), lastTextId(other, 'a')]).size).toBe(3)
  })
})
