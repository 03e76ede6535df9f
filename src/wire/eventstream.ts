import { crc32 } from 'node:zlib'
import { asBuffer } from './bytes.ts'
import { Carry } from './carry.ts'
import { readEventHeaders, writeEventHeaders } from './eventstream-headers.ts'

/** One message of an AWS event stream. Header values of every type are strings: numbers in decimal, bytes in base64. */
export interface EventStreamMessage {
  headers: Record<string, string>
  payload: Uint8Array
}

/** The stream is corrupt, cut off, or holds a message that is too large. */
export class EventStreamError extends Error {
  override readonly name = 'EventStreamError'
}

export interface EventStreamReader {
  /** Messages that these bytes complete. @throws EventStreamError at the first corrupt byte; the reader is then spent. */
  push(bytes: Uint8Array): EventStreamMessage[]
  /** @throws EventStreamError when a message was left unfinished. */
  end(): void
}

/**
 * Reads `application/vnd.amazon.eventstream`, cut anywhere.
 * A message is: total length, headers length, CRC32 of these two, headers, payload, CRC32 of all before (big-endian, 4 bytes each).
 * @see https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream
 */
export function eventStreamReader(): EventStreamReader {
  const carry = new Carry()
  let neededBytes = PRELUDE_BYTES
  return {
    push(bytes) {
      if (carry.length === 0) return read(asBuffer(bytes))
      carry.append(bytes)
      return carry.length < neededBytes ? [] : read(carry.take())
    },
    end() {
      if (carry.length > 0) throw new EventStreamError(`event stream ends ${carry.length} bytes into a message`)
    },
  }

  function read(bytes: Buffer): EventStreamMessage[] {
    const messages: EventStreamMessage[] = []
    let start = 0
    while ((neededBytes = messageBytes(bytes, start)) <= bytes.length - start && neededBytes > PRELUDE_BYTES) {
      messages.push(readMessage(bytes.subarray(start, start + neededBytes)))
      start += neededBytes
    }
    if (start < bytes.length) carry.append(bytes.subarray(start))
    return messages
  }
}

/**
 * One message as bytes; all headers are written as strings.
 * @throws RangeError when a header's name or value is longer than the format can say.
 */
export function writeEventStream(message: EventStreamMessage): Uint8Array {
  const headers = writeEventHeaders(message.headers)
  const totalBytes = PRELUDE_BYTES + headers.length + message.payload.length + CRC_BYTES
  const bytes = Buffer.allocUnsafe(totalBytes)
  bytes.writeUInt32BE(totalBytes, 0)
  bytes.writeUInt32BE(headers.length, 4)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  bytes.set(headers, PRELUDE_BYTES)
  bytes.set(message.payload, PRELUDE_BYTES + headers.length)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, totalBytes - CRC_BYTES)), totalBytes - CRC_BYTES)
  return bytes
}

const PRELUDE_BYTES = 12
const CRC_BYTES = 4
/** AWS allows 24 MiB of payload and 128 KiB of headers. */
const LARGEST_BYTES = 24 * 2 ** 20 + 128 * 2 ** 10 + PRELUDE_BYTES + CRC_BYTES

/** Size of the message at `start`, its prelude checked; the prelude's own size while that is still incomplete. */
function messageBytes(bytes: Buffer, start: number): number {
  if (bytes.length - start < PRELUDE_BYTES) return PRELUDE_BYTES
  if (crc32(bytes.subarray(start, start + 8)) !== bytes.readUInt32BE(start + 8)) {
    throw new EventStreamError('event stream prelude has a wrong checksum')
  }
  const totalBytes = bytes.readUInt32BE(start)
  const isPossible = bytes.readUInt32BE(start + 4) + PRELUDE_BYTES + CRC_BYTES <= totalBytes
  if (!isPossible || totalBytes > LARGEST_BYTES) {
    throw new EventStreamError(`event stream message of ${totalBytes} bytes cannot be`)
  }
  return totalBytes
}

function readMessage(bytes: Buffer): EventStreamMessage {
  const end = bytes.length - CRC_BYTES
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) {
    throw new EventStreamError('event stream message has a wrong checksum')
  }
  const payloadStart = PRELUDE_BYTES + bytes.readUInt32BE(4)
  const headers = readEventHeaders(bytes.subarray(PRELUDE_BYTES, payloadStart))
  if (headers === undefined) throw new EventStreamError('event stream message has malformed headers')
  return { headers, payload: bytes.subarray(payloadStart, end) }
}
