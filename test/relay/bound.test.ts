import { describe, expect, it } from 'vitest'
import { boundOf } from '../../src/relay/bound.ts'

const bound = (body: Record<string, unknown>, mostOutput = 100) =>
  boundOf(body, Buffer.byteLength(JSON.stringify(body)), mostOutput)

describe('the bound of a request', () => {
  it('of a small body is its bytes', () => {
    const body = { model: 'm', messages: [{ role: 'user', content: '你好' }] }
    expect(bound(body)).toEqual({ input: Buffer.byteLength(JSON.stringify(body)), output: 100, searches: 0 })
  })

  it('of a large text is at least its bytes of text', () => {
    const text = '漢字 and words. '.repeat(20_000)
    const { input } = bound({ messages: [{ role: 'user', content: text }] })
    expect(input).toBeGreaterThanOrEqual(Buffer.byteLength(text))
    expect(input).toBeLessThan(Buffer.byteLength(text) + 200)
  })

  it('of a picture is not its bytes', () => {
    const data = Buffer.alloc(3_000_000, 7).toString('base64')
    for (const content of [{ source: { data } }, { image_url: { url: `data:image/png;base64,${data}` } }])
      expect(bound({ messages: [{ role: 'user', content: [content] }] }).input).toBeLessThan(600_000)
  })

  it('counts every answer that is asked for', () => {
    expect(bound({ n: 3 }).output).toBe(300)
    expect(bound({ generationConfig: { candidateCount: 2 } }).output).toBe(200)
    for (const n of [0, -5, Number.NaN, '9', 2 ** 63]) expect(bound({ n }).output).toBeLessThanOrEqual(12_800)
  })

  it('counts the searches that a vendor may run', () => {
    expect(bound({ tools: [{ type: 'web_search_20250305', max_uses: 3 }] }).searches).toBe(3)
    expect(bound({ tools: [{ type: 'web_search' }, { googleSearch: {} }, { type: 'function' }] }).searches).toBe(20)
    expect(bound({ web_search_options: {} }).searches).toBe(10)
    expect(bound({ tools: [{ type: 'web_search', max_uses: 1e300 }, null, 5] }).searches).toBe(100)
  })
})
