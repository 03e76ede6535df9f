import { createHash } from 'node:crypto'

/**
 * A tool call's id as every format takes it: kept when it is short and plain, else a digest of it, so that call and result
 * stay a pair without any memory. Chat Completions refuses more than 40 characters, Anthropic anything but these characters.
 */
export const wireId = (id: string): string => (plain.test(id) ? id : `call_${base32(digest(id)).slice(0, 26)}`)

const plain = /^[A-Za-z0-9_-]{1,40}$/
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** RFC 4648's letters in lower case, without padding; bits left over at the end are dropped. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    for (; bits >= 5; bits -= 5) text += alphabet[(held >> (bits - 5)) & 31]
  }
  return text
}
