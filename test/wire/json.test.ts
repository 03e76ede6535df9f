import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isRecord, parseJson } from '../../src/wire/json.ts'

const parse = (text: string, depth?: number) => parseJson(Buffer.from(text), depth === undefined ? {} : { depth })
const problem = (text: string) => {
  const result = parse(text)
  return result.ok ? undefined : result.problem
}

describe('parseJson', () => {
  test('whatever JSON.parse reads, it reads', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
        const value: unknown = JSON.parse(json)
        if (json.includes('__proto__')) return
        expect(parse(json)).toEqual({ ok: true, value })
      }),
    )
  })

  test('a byte order mark is passed over', () => {
    expect(parse('\ufeff{"a":"é"}')).toEqual({ ok: true, value: { a: 'é' } })
  })

  const refused: { text: string; says: string }[] = [
    { text: '', says: 'the JSON is empty' },
    { text: ' \n', says: 'the JSON is empty' },
    { text: '{"a":1', says: 'the JSON ends too early, at position 6' },
    { text: '{"a":"x', says: 'the JSON ends too early, at position 7' },
    { text: '{"a": tru}', says: 'invalid JSON at position 6: unexpected "t"' },
    { text: '{"a":1,}', says: 'invalid JSON at position 7: unexpected "}"' },
    { text: '[1,]', says: 'invalid JSON at position 3: unexpected "]"' },
    { text: '[1 2]', says: 'invalid JSON at position 3: unexpected "2"' },
    { text: "{'a':1}", says: 'invalid JSON at position 1: unexpected "\'"' },
    { text: '{"a" 1}', says: 'invalid JSON at position 5: unexpected "1"' },
    { text: '{"a":01}', says: 'invalid JSON at position 6: unexpected "1"' },
    { text: '{"a":1} x', says: 'invalid JSON at position 8: unexpected "x"' },
    { text: '{"a":"\n"}', says: 'invalid JSON at position 6: unexpected "\\n"' },
    { text: '{"a":"\\x"}', says: 'invalid JSON at position 6: unexpected "\\\\"' },
    { text: '{"a":[1}', says: 'invalid JSON at position 7: unexpected "}"' },
    { text: '["é😀", 😀]', says: 'invalid JSON at position 8: unexpected "😀"' },
    { text: '{"é": 1e999}', says: 'number out of range at position 6' },
    { text: '[-1E+400]', says: 'number out of range at position 1' },
    { text: `[${'9'.repeat(400)}]`, says: 'number out of range at position 1' },
  ]
  test.each(refused)('$text', ({ text, says }) => {
    expect(problem(text)).toBe(says)
  })

  test('every broken JSON gets a problem that names a place inside it', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.constantFrom('', '"', '}', ',', '\\', '\u0001', 'x'), (json, at, insert) => {
        const cut = at % (json.length + 1)
        const text = json.slice(0, cut) + insert + json.slice(cut + 1)
        const said = problem(text)
        if (said === undefined) expect(() => JSON.parse(text)).not.toThrow()
        else expect(Number(/position (\d+)/.exec(said)?.[1] ?? 0)).toBeLessThanOrEqual(text.length)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    { name: 'small and large numbers', text: '[1e308,-1e-999,0.1,-0,12345678901234567890]' },
    { name: 'numbers in strings', text: '["1e999"]' },
    { name: 'words with an e', text: '[true,false,null]' },
  ])('$name are fine', ({ text }) => {
    expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) })
  })

  test('depth is counted outside strings', () => {
    expect(parse('[[1]]', 2).ok).toBe(true)
    expect(parse('[{"a":[]}]', 2)).toEqual({ ok: false, problem: 'nested deeper than 2 levels at position 6' })
    expect(parse('["[[[[[{{{{\\"[["]', 1).ok).toBe(true)
    expect(parse('[[],[],[]]', 2).ok).toBe(true)
    expect(parse(JSON.stringify([`${'x'.repeat(100)}\\"[[[["${'y'.repeat(100)}\\`]), 1).ok).toBe(true)
    expect(problem('['.repeat(1_000_000))).toBe('nested deeper than 128 levels at position 128')
  })

  test.each([
    { name: 'a lone byte', bytes: [0x22, 0xff, 0x22], at: 1 },
    { name: 'a cut character', bytes: [0x22, 0xe6, 0xbc, 0x22], at: 1 },
    { name: 'a surrogate', bytes: [0x22, 0x61, 0xed, 0xa0, 0x80, 0x22], at: 2 },
  ])('invalid UTF-8: $name', ({ bytes, at }) => {
    expect(parseJson(Uint8Array.from(bytes))).toEqual({ ok: false, problem: `invalid UTF-8 at byte ${at}` })
  })

  test.each<{ text: string; value: unknown }>([
    { text: '{"__proto__":{"x":1},"a":1}', value: { a: 1 } },
    { text: '[{"b":{"__proto__":null}}]', value: [{ b: {} }] },
    { text: '{"\\u005f_pr\\u006Fto__":{"x":1},"a":1}', value: { a: 1 } },
    { text: '{"constructor":{"prototype":{"x":1},"k":1}}', value: { constructor: { k: 1 } } },
    { text: '{"constructor":{"\\u0070rototype":{"x":1}}}', value: { constructor: {} } },
    { text: '{"constructor":"Ferrari","prototype":"F1"}', value: { constructor: 'Ferrari', prototype: 'F1' } },
    { text: '{"a":"__proto__"}', value: { a: '__proto__' } },
  ])('keys that reach a prototype are left out: $text', ({ text, value }) => {
    const result = parse(text)
    expect(result.ok && JSON.stringify(result.value)).toBe(JSON.stringify(value))
  })
})

test('isRecord', () => {
  expect([{}, { a: 1 }].every(isRecord)).toBe(true)
  expect([null, [], 'x', 1, undefined].some(isRecord)).toBe(false)
})
