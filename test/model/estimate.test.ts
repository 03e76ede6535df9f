import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { imageSize } from '../../src/model/estimate/image-size.ts'
import { estimateRequest, estimateTokens } from '../../src/model/estimate.ts'
import type { MediaPart, Part } from '../../src/model/part.ts'
import { requestOf } from './tools/request.ts'

const prose = `The harbour was quiet in the early morning, and the fishermen who had not yet gone out were mending
their nets along the wall. She walked past them without a word, wondering whether the letter had arrived, and what her
brother would say about it. "You could always ask," he had muttered the night before, without much conviction.`

const code = `export async function loadUsers(client: Client, ids: readonly string[]): Promise<User[]> {
  const found: User[] = []
  for (const id of ids) {
    const response = await client.get(\`/users/\${encodeURIComponent(id)}\`)
    if (response.status === 404) continue
    found.push(parseUser(await response.json()))
  }
  return found.sort((left, right) => left.createdAt - right.createdAt)
}`

const json = `{"id":"chatcmpl-8xYz12","object":"chat.completion","created":1732189577,"model":"small-2","choices":[{"index":0,
"message":{"role":"assistant","content":"It is 21.5 °C in Oslo."},"finish_reason":"stop"}],"usage":{"prompt_tokens":129,
"completion_tokens":14,"total_tokens":143,"details":{"cached":0,"audio":null}},"flags":[true,false,"x_y"]}`

const chinese = `清晨的港口十分安静，还没有出海的渔民们沿着堤岸修补渔网。她一言不发地从他们身边走过，心里想着那封信是否已经寄到，
以及哥哥会怎么说。如果请求失败，系统会自动切换到下一个可用的渠道，并且记录详细的日志，方便管理员以后查询。`

const russian = `Ранним утром в гавани было тихо, и рыбаки, которые ещё не вышли в море, чинили свои сети вдоль стены.`

const base64 = Buffer.from(Array.from({ length: 300 }, (_, at) => (at * at * 31 + at * 7 + 13) % 251)).toString(
  'base64',
)

describe('estimateTokens', () => {
  // Counted with a real tokenizer of 200,000 pieces.
  it.each<[what: string, text: string, counted: number]>([
    ['prose', prose, 72],
    ['code', code, 91],
    ['JSON', json, 104],
    ['Chinese', chinese, 85],
    ['Russian', russian, 33],
    ['base64', base64, 272],
  ])('is within 15 % of the count of %s', (_, text, counted) => {
    expect(estimateTokens(text) / counted).toBeGreaterThan(0.85)
    expect(estimateTokens(text) / counted).toBeLessThan(1.15)
  })

  it.each<[text: string, tokens: number]>([
    ['', 0],
    ['a', 1],
    ['Hello world', 2],
    ['1234567', 3],
    ['a 5', 3],
    ['\n\n\n', 1],
  ])('%j is %i', (text, tokens) => {
    expect(estimateTokens(text)).toBe(tokens)
  })

  it('is a whole number between nothing and three for each character, and no less for twice the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const tokens = estimateTokens(text)
        expect(Number.isInteger(tokens)).toBe(true)
        expect(tokens).toBeLessThanOrEqual(3 * text.length)
        expect(tokens > 0).toBe(text !== '')
        expect(estimateTokens(`${text}\n${text}`)).toBeGreaterThanOrEqual(tokens)
      }),
    )
  })
})

const bytes = (...values: (number | string)[]): string =>
  Buffer.concat(
    values.map((value) => (typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.of(value))),
  ).toString('base64')
const zeros = (count: number): string => '\0'.repeat(count)

const png = bytes('\x89PNG\r\n\x1a\n', zeros(8), '\0\0\x03\x20\0\0\x02\x58', zeros(8))

describe('imageSize', () => {
  it.each<[what: string, base64: string, size: [number, number] | undefined]>([
    ['PNG', png, [800, 600]],
    ['GIF', bytes('GIF89a', '\x40\x01\xf0\0', zeros(4)), [320, 240]],
    [
      'JPEG with notes',
      bytes('\xff\xd8\xff\xe1\0\x10', zeros(14), '\xff\xc2\0\x11\x08\x02\x58\x03\x20', zeros(9)),
      [800, 600],
    ],
    ['JPEG without a frame', bytes('\xff\xd8\xff\xe1\xff\xff', zeros(20)), undefined],
    ['WebP, lossy', bytes('RIFF', zeros(4), 'WEBPVP8 ', zeros(10), '\x20\x03\x58\x02', zeros(4)), [800, 600]],
    ['WebP, lossless', bytes('RIFF', zeros(4), 'WEBPVP8L', zeros(5), '\x1f\xc3\x95\0', zeros(8)), [800, 600]],
    ['WebP, extended', bytes('RIFF', zeros(4), 'WEBPVP8X', zeros(8), '\x1f\x03\0\x57\x02\0', zeros(2)), [800, 600]],
    ['a size of nothing', bytes('GIF89a', zeros(8)), undefined],
    ['too few bytes', bytes('\x89PNG\r\n'), undefined],
    ['something else', bytes('BM', zeros(40)), undefined],
    ['nothing', '', undefined],
  ])('of %s', (_, base64, size) => {
    expect(imageSize(base64)).toEqual(size && { width: size[0], height: size[1] })
  })

  it('never throws', () => {
    const start = fc.constantFrom('\x89PNG', 'GIF8', '\xff\xd8\xff\xc0', 'RIFF0000WEBPVP8L', 'RIFF0000WEBPVP8 ')
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 60 }), (head, tail) => {
        void imageSize(Buffer.concat([Buffer.from(head, 'latin1'), tail]).toString('base64'))
      }),
    )
  })
})

const media = (some: Partial<MediaPart>): MediaPart => ({
  kind: 'media',
  media: 'image',
  source: { kind: 'url', url: 'https://example.com/x' },
  ...some,
})
const ofBytes = (count: number): MediaPart['source'] => ({ kind: 'base64', data: 'A'.repeat((count * 4) / 3) })
const saying = (...parts: Part[]): number => estimateRequest(requestOf({ turns: [{ role: 'user', parts }] }))

describe('estimateRequest', () => {
  const empty = saying()

  it.each<[what: string, part: Part, tokens: number]>([
    ['a picture of known size', media({ source: { kind: 'base64', data: png } }), 640],
    ['a picture elsewhere', media({}), 1000],
    ['a picture at a glance', media({ detail: 'low' }), 85],
    ['a paper of three pages', media({ media: 'document', mime: 'application/pdf', source: ofBytes(150_000) }), 6000],
    ['a text document', media({ media: 'document', title: 'Hello', source: { kind: 'text', text: 'Hello world' } }), 3],
    [
      'text in base64',
      media({ media: 'document', mime: 'text/plain', source: { kind: 'base64', data: btoa('Hello world') } }),
      2,
    ],
    [
      'a document of parts',
      media({ media: 'document', source: { kind: 'parts', parts: [{ kind: 'text', text: 'a' }, media({})] } }),
      1001,
    ],
    ['ten seconds of speech', media({ media: 'audio', mime: 'audio/wav', source: ofBytes(321_000) }), 321],
    ['a film elsewhere', media({ media: 'video' }), 18_000],
    [
      'a sealed thought',
      {
        kind: 'thinking',
        text: '',
        form: 'redacted',
        seal: { dialect: 'gemini', kind: 'thought', data: 'A'.repeat(60) },
      },
      10,
    ],
  ])('counts %s', (_, part, tokens) => {
    expect(saying(part) - empty).toBe(tokens)
  })

  it('counts every kind of part', () => {
    const tool = { flavor: 'function' } as const
    const inner: Part = { kind: 'text', text: 'Hello world' }
    const parts: Part[] = [
      { kind: 'refusal', text: 'no' },
      { kind: 'thinking', text: 'hm', form: 'raw' },
      { kind: 'search_result', source: 's', title: 't', parts: [inner] },
      { kind: 'tool_call', id: '1', name: 'f', tool, arguments: '{}' },
      { kind: 'tool_result', id: '1', tool, parts: [inner] },
      { kind: 'tool_reference', name: 'f' },
      { kind: 'server_call', id: '2', tool: 'web_search', name: 'web_search', arguments: '{"query":"x"}' },
      {
        kind: 'server_result',
        id: '2',
        tool: 'web_search',
        name: 'web_search',
        hits: [{ url: 'https://a.b', title: 't' }],
      },
      { kind: 'compaction', text: 'what was said' },
      { kind: 'opaque', dialect: 'gemini', type: 'x', value: { a: 1 } },
    ]
    for (const part of parts) expect(saying(part)).toBeGreaterThan(empty)
  })

  it('counts messages and tools', () => {
    const turn = { role: 'user', parts: [{ kind: 'text', text: 'Hello world' }] } as const
    expect(estimateRequest(requestOf({}))).toBe(0)
    expect(estimateRequest(requestOf({ turns: [turn, turn] }))).toBe(12)
    expect(estimateRequest(requestOf({ system: turn.parts }))).toBe(6)
    expect(estimateRequest(requestOf({ tools: [{ kind: 'function', name: 'hello' }] }))).toBeGreaterThan(12)
    expect(
      estimateRequest(requestOf({ output: { format: { kind: 'schema', schema: { type: 'object' } } } })),
    ).toBeGreaterThan(3)
  })
})
