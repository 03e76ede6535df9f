import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type SseFrame, SseLimitError, sseComment, sseReader, writeSse } from '../../src/wire/sse.ts'

const bytesOf = (text: string) => Buffer.from(text)

function readAll(chunks: readonly Uint8Array[]): SseFrame[] {
  const reader = sseReader()
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()]
}

const plain = (frames: readonly SseFrame[]) =>
  frames.map(({ event, data, raw }) => ({ event, data, raw: Buffer.from(raw).toString('latin1') }))

const cases: { name: string; stream: string; frames: [event: string | undefined, data: string][] }[] = [
  {
    name: 'data alone',
    stream: 'data: a\n\ndata: b\n\n',
    frames: [
      [undefined, 'a'],
      [undefined, 'b'],
    ],
  },
  { name: 'an event name', stream: 'event: stop\ndata: {}\n\n', frames: [['stop', '{}']] },
  { name: 'the event after the data', stream: 'data: {}\nevent: stop\n\n', frames: [['stop', '{}']] },
  {
    name: 'CRLF',
    stream: 'event: e\r\ndata: a\r\n\r\ndata: b\r\n\r\n',
    frames: [
      ['e', 'a'],
      [undefined, 'b'],
    ],
  },
  {
    name: 'CR',
    stream: 'data: a\r\rdata: b\r\r',
    frames: [
      [undefined, 'a'],
      [undefined, 'b'],
    ],
  },
  { name: 'mixed line ends', stream: 'data: a\r\ndata: b\rdata: c\n\r\n', frames: [[undefined, 'a\nb\nc']] },
  { name: 'a byte order mark', stream: '\ufeffdata: a\n\n', frames: [[undefined, 'a']] },
  { name: 'several data lines', stream: 'data: a\ndata\ndata: c\n\n', frames: [[undefined, 'a\n\nc']] },
  { name: 'no space after the colon', stream: 'event:e\ndata:a\ndata:  b\n\n', frames: [['e', 'a\n b']] },
  { name: 'a comment in front', stream: ': hello\ndata: a\n\n', frames: [[undefined, 'a']] },
  {
    name: 'a comment alone',
    stream: ': ping\n\ndata: a\n\n',
    frames: [
      [undefined, ''],
      [undefined, 'a'],
    ],
  },
  {
    name: 'an object without a field',
    stream: 'data: a\n\n{\r\n  "error": {"code": 503}\r\n}\n\ndata: b\n\n',
    frames: [
      [undefined, 'a'],
      [undefined, '{\r\n  "error": {"code": 503}\r\n}'],
      [undefined, 'b'],
    ],
  },
  { name: 'an object without a field, cut', stream: '{"error": {"code"\n\n', frames: [[undefined, '']] },
  {
    name: 'superfluous blank lines',
    stream: 'data: a\n\n\n',
    frames: [
      [undefined, 'a'],
      [undefined, ''],
    ],
  },
  {
    name: 'no blank line at the end',
    stream: 'data: a\n\ndata: b',
    frames: [
      [undefined, 'a'],
      [undefined, 'b'],
    ],
  },
  { name: 'other fields', stream: 'id: 7\nretry: 1\ndatabase: x\nevents: y\ndata: a\n\n', frames: [[undefined, 'a']] },
  { name: 'an empty event name', stream: 'event:\ndata: a\n\n', frames: [[undefined, 'a']] },
  { name: 'text beyond ASCII', stream: 'data: é漢😀\n\n', frames: [[undefined, 'é漢😀']] },
  { name: 'nothing', stream: '', frames: [] },
]

describe('sseReader', () => {
  for (const { name, stream, frames } of cases) {
    test(`${name}: the same frames wherever it is cut in two, and byte by byte`, () => {
      const bytes = bytesOf(stream)
      const whole = readAll([bytes])
      expect(whole.map(({ event, data }) => [event, data])).toEqual(frames)
      expect(Buffer.concat(whole.map(({ raw }) => raw))).toEqual(bytes)
      for (let cut = 0; cut <= bytes.length; cut++) {
        expect(plain(readAll([bytes.subarray(0, cut), bytes.subarray(cut)]))).toEqual(plain(whole))
      }
      expect(plain(readAll([...bytes].map((byte) => Uint8Array.of(byte))))).toEqual(plain(whole))
    })
  }

  test('any bytes, cut anywhere: the same frames, and their raws are the stream', () => {
    const piece = fc.constantFrom(
      'data: ',
      'event: ',
      'data',
      ':',
      ' ',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      '\r\n\r\n',
      'x',
      'é😀',
      '\ufeff',
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.array(fc.nat({ max: 9 }), { maxLength: 40 }),
        (pieces, sizes) => {
          const bytes = bytesOf(pieces.join(''))
          const cut = readAll(cutInto(bytes, sizes))
          expect(plain(cut)).toEqual(plain(readAll([bytes])))
          expect(Buffer.concat(cut.map(({ raw }) => raw))).toEqual(bytes)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('what is written is read back', () => {
    const event = fc.option(fc.stringMatching(/^[a-z_.]+$/), { nil: undefined })
    fc.assert(
      fc.property(fc.array(fc.record({ event, data: fc.string({ unit: 'binary' }) })), (frames) => {
        const stream = frames.map((frame) => writeSse({ data: frame.data, ...(frame.event && { event: frame.event }) }))
        const expected = frames.map((frame) => [frame.event, frame.data.replaceAll(/\r\n|\r/g, '\n')])
        expect(readAll([bytesOf(stream.join(''))]).map((frame) => [frame.event, frame.data])).toEqual(expected)
      }),
    )
  })

  const prompt: { name: string; stream: string }[] = [
    { name: 'LF', stream: 'data: a\n\n' },
    { name: 'CRLF', stream: 'data: a\r\n\r\n' },
    { name: 'CR', stream: 'data: a\r\r' },
    { name: 'a comment', stream: ': ping\n\n' },
  ]
  test.each(prompt)('$name: the frame comes with its last byte', ({ stream }) => {
    const reader = sseReader()
    expect(reader.push(bytesOf(stream))).toHaveLength(1)
    expect(reader.end()).toEqual([])
  })

  test('a frame above the limit throws, whole or in pieces', () => {
    const frame = bytesOf(`data: ${'x'.repeat(100)}\n\n`)
    expect(() => sseReader({ frameBytes: 64 }).push(frame)).toThrow(SseLimitError)
    const reader = sseReader({ frameBytes: 64 })
    reader.push(frame.subarray(0, 60))
    expect(() => reader.push(frame.subarray(60, 70))).toThrow(SseLimitError)
    expect(sseReader({ frameBytes: frame.length }).push(frame)).toHaveLength(1)
  })

  test('a frame of 2 MB that comes one byte at a time', () => {
    const data = 'x'.repeat(2_000_000)
    const bytes = bytesOf(`data: ${data}\n\n`)
    const reader = sseReader()
    const frames: SseFrame[] = []
    for (let index = 0; index < bytes.length; index++) frames.push(...reader.push(bytes.subarray(index, index + 1)))
    expect(frames).toHaveLength(1)
    expect(frames[0]?.data === data).toBe(true)
  })
})

describe('writeSse', () => {
  test.each([
    { frame: { data: '{}' }, text: 'data: {}\n\n' },
    { frame: { event: 'ping', data: '{}' }, text: 'event: ping\ndata: {}\n\n' },
    { frame: { data: 'a\r\nb\rc\nd' }, text: 'data: a\ndata: b\ndata: c\ndata: d\n\n' },
    { frame: { data: '' }, text: 'data: \n\n' },
  ])('$text', ({ frame, text }) => {
    expect(writeSse(frame)).toBe(text)
  })

  test('a comment cannot break out of its block', () => {
    expect(sseComment('ping')).toBe(': ping\n\n')
    expect(sseComment('a\ndata: b')).toBe(': a\n: data: b\n\n')
  })
})

function cutInto(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = []
  let position = 0
  for (const size of sizes) {
    chunks.push(bytes.subarray(position, position + size))
    position = Math.min(bytes.length, position + size)
  }
  return [...chunks, bytes.subarray(position)]
}
