import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  EventStreamError,
  type EventStreamMessage,
  eventStreamReader,
  writeEventStream,
} from '../../src/wire/eventstream.ts'

const message = (payload: string, headers: Record<string, string> = {}): EventStreamMessage => ({
  headers,
  payload: Buffer.from(payload),
})

function readAll(chunks: readonly Uint8Array[]): EventStreamMessage[] {
  const reader = eventStreamReader()
  const messages = chunks.flatMap((chunk) => reader.push(chunk))
  reader.end()
  return messages
}

const plain = (messages: readonly EventStreamMessage[]) =>
  messages.map(({ headers, payload }) => ({ headers: { ...headers }, payload: Buffer.from(payload).toString('hex') }))

/** A message with hand-made header bytes and right checksums. */
function frame(headers: Buffer, payload = Buffer.from('{}')): Buffer {
  const bytes = Buffer.alloc(16 + headers.length + payload.length)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(headers.length, 4)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  headers.copy(bytes, 12)
  payload.copy(bytes, 12 + headers.length)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4)
  return bytes
}

describe('eventStreamReader', () => {
  test('any messages, cut anywhere, come back', () => {
    const name = fc.string({ minLength: 1, maxLength: 20 })
    const any = fc.record({ headers: fc.dictionary(name, fc.string({ unit: 'binary' })), payload: fc.uint8Array() })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 30 })), (messages, sizes) => {
        const bytes = Buffer.concat(messages.map(writeEventStream))
        const chunks: Buffer[] = []
        let position = 0
        for (const size of sizes) chunks.push(bytes.subarray(position, (position += size)))
        expect(plain(readAll([...chunks, bytes.subarray(position)]))).toEqual(plain(messages))
      }),
    )
  })

  test('byte by byte', () => {
    const messages = [message('{"a":1}', { ':event-type': 'chunk' }), message(''), message('x'.repeat(5000))]
    const bytes = Buffer.concat(messages.map(writeEventStream))
    expect(plain(readAll([...bytes].map((byte) => Uint8Array.of(byte))))).toEqual(plain(messages))
  })

  test('the bytes of a known message', () => {
    // The empty message of the format's description: lengths, checksum of the lengths, checksum of all.
    expect(Buffer.from(writeEventStream(message(''))).toString('hex')).toBe('000000100000000005c248eb7d98c8ff')
  })

  const types: { name: string; hex: string; value: string }[] = [
    { name: 'true', hex: '00', value: 'true' },
    { name: 'false', hex: '01', value: 'false' },
    { name: 'byte', hex: '02ff', value: '-1' },
    { name: 'short', hex: '037fff', value: '32767' },
    { name: 'integer', hex: '0480000000', value: '-2147483648' },
    { name: 'long', hex: '057fffffffffffffff', value: '9223372036854775807' },
    { name: 'bytes', hex: '060003010203', value: 'AQID' },
    { name: 'string', hex: '070002c3a9', value: 'é' },
    { name: 'timestamp', hex: '080000018bcfe56800', value: '1700000000000' },
    { name: 'uuid', hex: '0900112233445566778899aabbccddeeff', value: '00112233-4455-6677-8899-aabbccddeeff' },
  ]
  test.each(types)('a header of type $name', ({ hex, value }) => {
    const headers = Buffer.concat([Buffer.from([1]), Buffer.from('n'), Buffer.from(hex, 'hex')])
    expect({ ...readAll([frame(headers)])[0]?.headers }).toEqual({ n: value })
  })

  test('a header named __proto__ is a header', () => {
    const [read] = readAll([writeEventStream(message('', JSON.parse('{"__proto__":"x"}')))])
    expect(Object.keys(read?.headers ?? {})).toEqual(['__proto__'])
  })

  test('any flipped byte is noticed', () => {
    const bytes = Buffer.from(writeEventStream(message('{"a":1}', { ':event-type': 'chunk' })))
    for (let index = 0; index < bytes.length; index++) {
      const broken = Buffer.from(bytes)
      broken[index] = (broken[index] ?? 0) ^ 1
      expect(() => readAll([broken]), `byte ${index}`).toThrow(EventStreamError)
    }
  })

  const malformed: { name: string; headers: string }[] = [
    { name: 'an unknown type', headers: '016e0a' },
    { name: 'a name that does not end', headers: '096e' },
    { name: 'a string that does not end', headers: '016e070005aa' },
    { name: 'a size cut off', headers: '016e0700' },
    { name: 'no type', headers: '016e' },
  ]
  test.each(malformed)('headers with $name', ({ headers }) => {
    expect(() => readAll([frame(Buffer.from(headers, 'hex'))])).toThrow(EventStreamError)
  })

  test('a prelude that asks for gigabytes is refused before they come', () => {
    const prelude = Buffer.alloc(12)
    prelude.writeUInt32BE(0x7fffffff, 0)
    prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
    expect(() => eventStreamReader().push(prelude)).toThrow(EventStreamError)
  })

  test.each([1, 11, 12, 20])('a stream that ends %i bytes into a message', (size) => {
    const reader = eventStreamReader()
    expect(reader.push(writeEventStream(message('{"a":1}')).subarray(0, size))).toEqual([])
    expect(() => reader.end()).toThrow(EventStreamError)
  })
})

describe('writeEventStream', () => {
  test.each([
    { name: 'name', headers: { ['n'.repeat(256)]: 'v' } },
    { name: 'value', headers: { n: 'v'.repeat(65_536) } },
  ])('a header $name that is too long', ({ headers }) => {
    expect(() => writeEventStream({ headers, payload: Buffer.alloc(0) })).toThrow(RangeError)
  })
})
