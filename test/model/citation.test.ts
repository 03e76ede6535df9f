import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  byteToCodePoint,
  type CitedText,
  codePointToByte,
  codePointToUnit,
  splitAtCitations,
  unitToCodePoint,
} from '../../src/model/citation.ts'
import type { Citation } from '../../src/model/part.ts'

describe('offsets', () => {
  it.each<[text: string, codePoints: number, bytes: number, units: number]>([
    ['abc', 2, 2, 2],
    ['天气好', 2, 6, 2],
    ['a😀b', 2, 5, 3],
    ['é!', 1, 2, 1],
    ['abc', 0, 0, 0],
    ['', 0, 0, 0],
  ])('%j: %i code points are %i bytes and %i units', (text, codePoints, bytes, units) => {
    expect(codePointToByte(text, codePoints)).toBe(bytes)
    expect(byteToCodePoint(text, bytes)).toBe(codePoints)
    expect(codePointToUnit(text, codePoints)).toBe(units)
    expect(unitToCodePoint(text, units)).toBe(codePoints)
  })

  it('stop at the end, and before a character that is not whole', () => {
    expect(byteToCodePoint('天', 2)).toBe(0)
    expect(unitToCodePoint('😀', 1)).toBe(0)
    expect(byteToCodePoint('天', 99)).toBe(1)
    expect(codePointToByte('天', 99)).toBe(3)
    expect(codePointToUnit('😀', -1)).toBe(0)
  })

  it('agree with the real encodings', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 20 }), (text, offset) => {
        const prefix = [...text].slice(0, offset).join('')
        expect(codePointToByte(text, offset)).toBe(Buffer.byteLength(prefix))
        expect(codePointToUnit(text, offset)).toBe(prefix.length)
        expect(byteToCodePoint(text, Buffer.byteLength(prefix))).toBe([...prefix].length)
        expect(unitToCodePoint(text, prefix.length)).toBe([...prefix].length)
      }),
    )
  })
})

const source = (url: string, start?: number, end?: number): Citation => ({
  kind: 'url',
  url,
  ...(start !== undefined && { start }),
  ...(end !== undefined && { end }),
})
const native: Citation = { kind: 'native', dialect: 'anthropic-messages', type: 'page_location', value: {} }

describe('splitAtCitations', () => {
  const ab = source('ab', 0, 2)
  const also = source('also', 0, 2)
  const cd = source('cd', 2, 4)
  it.each<[what: string, text: string, citations: Citation[], pieces: CitedText[]]>([
    ['nothing cited', 'abc', [], [{ text: 'abc', citations: [] }]],
    ['no text', '', [ab], [{ text: '', citations: [] }]],
    [
      'a span at the beginning',
      'abc',
      [ab],
      [
        { text: 'ab', citations: [ab] },
        { text: 'c', citations: [] },
      ],
    ],
    [
      'neighbours',
      'abcd',
      [cd, ab],
      [
        { text: 'ab', citations: [ab] },
        { text: 'cd', citations: [cd] },
      ],
    ],
    ['one span with two sources', 'ab', [ab, also], [{ text: 'ab', citations: [ab, also] }]],
    [
      'overlapping spans',
      'abcd',
      [source('x', 0, 3), source('y', 1, 4)],
      [{ text: 'abcd', citations: [source('x', 0, 3), source('y', 1, 4)] }],
    ],
    [
      'blanks between spans',
      'ab cd ',
      [ab, source('cd', 3, 5)],
      [
        { text: 'ab ', citations: [ab] },
        { text: 'cd ', citations: [source('cd', 3, 5)] },
      ],
    ],
    ['blanks before the first', ' ab', [source('x', 1, 3)], [{ text: ' ab', citations: [source('x', 1, 3)] }]],
    [
      'a place without a length',
      'abcd',
      [ab, source('p', 4, 4)],
      [
        { text: 'ab', citations: [ab] },
        { text: 'cd', citations: [source('p', 4, 4)] },
      ],
    ],
    [
      'a source without a place',
      'abc',
      [ab, source('x'), native],
      [
        { text: 'ab', citations: [ab] },
        { text: 'c', citations: [source('x'), native] },
      ],
    ],
    [
      'an end beyond the text',
      'ab',
      [source('x', 1, 99)],
      [
        { text: 'a', citations: [] },
        { text: 'b', citations: [source('x', 1, 99)] },
      ],
    ],
    [
      'wide characters',
      '😀天a',
      [source('x', 1, 2)],
      [
        { text: '😀', citations: [] },
        { text: '天', citations: [source('x', 1, 2)] },
        { text: 'a', citations: [] },
      ],
    ],
  ])('%s', (_, text, citations, pieces) => {
    expect(splitAtCitations(text, citations)).toEqual(pieces)
  })

  it('loses neither text nor source', () => {
    const offset = fc.nat({ max: 12 })
    const citation = fc.tuple(offset, offset).map(([start, end]) => source('u', start, end))
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.array(citation), (text, citations) => {
        const pieces = splitAtCitations(text, citations)
        expect(pieces.map((piece) => piece.text).join('')).toBe(text)
        const cited = pieces.flatMap((piece) => piece.citations)
        expect(cited).toHaveLength(citations.length)
        expect(new Set(cited)).toEqual(new Set(citations))
      }),
    )
  })
})
