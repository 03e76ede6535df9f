/** The same memory as a Buffer, whose `indexOf` and decoding are native. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Length of the UTF-8 byte order mark at an offset: 3 or 0. */
export const markLength = (bytes: Uint8Array, offset = 0): number =>
  bytes[offset] === 0xef && bytes[offset + 1] === 0xbb && bytes[offset + 2] === 0xbf ? 3 : 0
