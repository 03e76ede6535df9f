import { describe, expect, it } from 'vitest'
import { boundOf } from '../../src/relay/bound.ts'

const bound = (body: Record<string, unknown>, mostOutput = 100) =>
  boundOf(body, Buffer.from(JSON.stringify(body)), mostOutput)

describe('the bound of a request', () => {
  it('of a small body is its bytes', () => {
    const body = { model: 'm', messages: [{ role: 'user', content: '你好' }] }
    expect(bound(body)).toEqual({
      input: Buffer.byteLength(JSON.stringify(body)),
      output: 100,
      searches: 0,
      fetches: 0,
    })
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

  it.each([
    ['an image of Chat', { type: 'image_url', image_url: { url: 'https://a.example/1.png' } }, 6_000],
    ['an image of Anthropic', { type: 'image', source: { type: 'url', url: 'https://a.example/1.png' } }, 6_000],
    ['an uploaded image', { type: 'image', source: { type: 'file', file_id: 'file_1' } }, 6_000],
    ['a document', { type: 'document', source: { type: 'url', url: 'https://a.example/1.pdf' } }, 50_000],
    ['a file of Responses', { type: 'input_file', file_url: 'https://a.example/1.pdf' }, 50_000],
    ['an image of Responses', { type: 'input_image', image_url: 'https://a.example/1.png' }, 6_000],
    ['a file of Gemini', { fileData: { mimeType: 'video/mp4', fileUri: 'gs://bucket/film' } }, 50_000],
    ['an image of Gemini', { file_data: { mime_type: 'image/png', file_uri: 'gs://bucket/image' } }, 6_000],
  ])('allows for what is read from elsewhere: %s', (_, part, tokens) => {
    const { input } = bound({ messages: [{ role: 'user', content: [part] }] })
    expect(input).toBeGreaterThanOrEqual(tokens)
    expect(input).toBeLessThan(tokens + 500)
  })

  it('allows for a cached prompt, and for each of several', () => {
    expect(bound({ cachedContent: 'cachedContents/1' }).input).toBeGreaterThanOrEqual(50_000)
    const image = { type: 'image', source: { type: 'url', url: 'https://a.example/1.png' } }
    expect(bound({ messages: [{ content: [image, image, image] }] }).input).toBeGreaterThanOrEqual(18_000)
  })

  it('takes links in citations and in what a search found for text', () => {
    const found = { type: 'web_search_result', url: 'https://a.example', title: 'A' }
    const body = { messages: [{ content: [found, { type: 'url_citation', url: 'https://b.example' }] }] }
    expect(bound(body).input).toBeLessThan(400)
  })

  it('counts every answer that is asked for', () => {
    expect(bound({ n: 3 }).output).toBe(300)
    expect(bound({ generationConfig: { candidateCount: 2 } }).output).toBe(200)
    expect(bound({ generation_config: { candidate_count: 8 } }).output).toBe(800)
    for (const n of [0, -5, Number.NaN, '9', 2 ** 63]) expect(bound({ n }).output).toBeLessThanOrEqual(12_800)
  })

  it('counts the searches that a vendor may run', () => {
    expect(bound({ tools: [{ type: 'web_search_20250305', max_uses: 3 }] }).searches).toBe(3)
    expect(bound({ tools: [{ type: 'web_search' }, { googleSearch: {} }, { type: 'function' }] }).searches).toBe(20)
    expect(bound({ web_search_options: {} }).searches).toBe(10)
    expect(bound({ tools: [{ type: 'web_search', max_uses: 1e300 }, null, 5] }).searches).toBe(100)
  })

  it('counts the pages that a vendor may fetch', () => {
    expect(bound({ tools: [{ type: 'web_fetch_20250910', max_uses: 4 }] })).toMatchObject({ searches: 0, fetches: 4 })
    expect(bound({ tools: [{ urlContext: {} }] }).fetches).toBe(10)
  })
})
