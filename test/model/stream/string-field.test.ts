import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringField } from '../../../src/model/stream/string-field.ts'

const decode = (pieces: readonly string[]): string[] => {
  const decoder = stringField('input')
  return [...pieces.map((piece) => decoder.push(piece)), decoder.end()]
}

describe('stringField', () => {
  it.each<[what: string, json: string, said: string]>([
    ['a string', '{"input":"abc"}', 'abc'],
    ['white space', ' {\n "input" : "abc" }\n', 'abc'],
    ['escapes', '{"input":"a\\n\\t\\"\\\\\\/\\u00e9\\ud83d\\ude00"}', 'a\n\t"\\/é😀'],
    ['line ends that should have been escaped', '{"input":"a\nb"}', 'a\nb'],
    ['a string that was cut off', '{"input":"ab\\', 'ab'],
    ['nothing but the beginning', '{"inp', ''],
    ['what stands behind it', '{"input":"a","more":1}', 'a'],
    ['another value', '{"input":{"a":1}}', '{"input":{"a":1}}'],
    ['another field', '{"patch":"abc"}', '{"patch":"abc"}'],
    ['no JSON at all', '*** Begin Patch\n+x', '*** Begin Patch\n+x'],
    ['an empty object', '{}', '{}'],
    ['half of a pair at the end', '{"input":"a\\ud83d', 'a\ud83d'],
    ['four digits that are none', '{"input":"\\u12x4"}', '\\u12x4'],
  ])('reads %s, cut anywhere', (_, json, said) => {
    for (let size = 1; size <= json.length; size++)
      expect(decode(json.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).join('')).toBe(said)
  })

  it('never tells half a character before the other half', () => {
    for (const piece of decode([...'{"input":"a\\ud83d\\ude00b"}'])) expect(piece.isWellFormed()).toBe(true)
    expect(decode(['{"input":"\ud83d', '\ude00"}'])).toEqual(['', '😀', ''])
  })

  it('gives back every string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 9 }), (said, size) => {
        const json = JSON.stringify({ input: said })
        expect(decode(json.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).join('')).toBe(said)
      }),
    )
  })
})
