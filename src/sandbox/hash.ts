import { createHash } from 'node:crypto'

/** Hexadecimal digits that stand for a text, the same on every run. */
export const hash = (...texts: readonly (string | Uint8Array)[]): string => {
  const digest = createHash('sha256')
  for (const text of texts) digest.update(text).update('\0')
  return digest.digest('hex')
}

/** An identifier with a prefix, made of what it stands for: `msg_` + 24 digits. */
export const identifier = (prefix: string, ...of: readonly string[]): string => prefix + hash(...of).slice(0, 24)
