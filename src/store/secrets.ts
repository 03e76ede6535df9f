import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { defaultAccountId } from '../model/account.ts'
import type { KeyRow } from '../model/rows.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const keyPrefix = 'sk-cw-'
const tokenPrefix = 'cwr-'
const checksumLength = 6

const shortestMaster = 16

/**
 * The master key: from the environment, else from `master.key` in the data directory, made there (mode 600) when absent.
 * @throws Error when the one that is there is shorter than 16 characters.
 */
export function masterKey(given: string | undefined, directory: string): Buffer {
  if (given !== undefined) return longEnough(given, 'CAUSEWAY_MASTER_KEY')
  if (directory === ':memory:') return randomBytes(32)
  const path = join(directory, 'master.key')
  if (!existsSync(path)) makeMaster(path)
  chmodSync(path, 0o600)
  return longEnough(readFileSync(path, 'utf8').trim(), path)
}

/** A new master key. */
export const newMaster = (): string => randomBytes(32).toString('base64url')

/** Whole or not at all, and never over another's: a file that is half written would be a key that is lost. */
function makeMaster(path: string): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, newMaster(), { mode: 0o600, flush: true })
  try {
    linkSync(draft, path)
  } catch (error) {
    // Another process was faster; its key counts.
    if (!existsSync(path)) throw error
  } finally {
    rmSync(draft)
  }
}

function longEnough(key: string, name: string): Buffer {
  if (key.length < shortestMaster) throw new Error(`${name} must have at least ${shortestMaster} characters`)
  return Buffer.from(key)
}

/** A key for one purpose, so that no two purposes share one. */
export const deriveKey = (master: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', master, 'causeway', purpose, 32))

/** How a presented key is looked up: its HMAC, hex. */
export const hashKey = (pepper: Buffer, key: string): string => createHmac('sha256', pepper).update(key).digest('hex')

/** A new key: recognisable by its prefix, with a checksum at the end so that a typing error is told without a look-up. */
export const newKey = (): string => made(keyPrefix)

/** A new token of the management API, made as keys are. */
export const newToken = (): string => made(tokenPrefix)

function made(prefix: string): string {
  const random = [...randomBytes(32)].map((byte) => alphabet[byte % alphabet.length]).join('')
  return `${prefix}${random}${checksum(random)}`
}

/** Whether it is a token of the management API, as far as can be told without a look-up. */
export const looksLikeToken = (text: string): boolean => isWhole(text, tokenPrefix)

/** Whether it is a key that was made here, as far as can be told without a look-up. */
export const looksLikeKey = (text: string): boolean => isWhole(text, keyPrefix)

const isWhole = (text: string, prefix: string): boolean =>
  text.startsWith(prefix) && text.slice(-checksumLength) === checksum(text.slice(prefix.length, -checksumLength))

/** Whether a key of ours has a mistyped character. Keys that operators chose themselves have no checksum. */
export const isMistyped = (key: string): boolean => key.startsWith(keyPrefix) && !looksLikeKey(key)

function checksum(text: string): string {
  let rest = crc32(text)
  let out = ''
  for (let at = 0; at < checksumLength; at++) {
    out = alphabet.charAt(rest % alphabet.length) + out
    rest = Math.floor(rest / alphabet.length)
  }
  return out
}

/** An id that sorts by the time of its making: `acc_01jd…`, 48 bits of milliseconds and 80 of chance. */
export function newId(prefix: string, nowMs = Date.now()): string {
  const chance = randomBytes(16).reduce((text, byte) => text + idAlphabet.charAt(byte & 31), '')
  return `${prefix}_${nowMs.toString(32).padStart(10, '0')}${chance}`
}

/** In the order of `Number.toString(32)`. */
const idAlphabet = '0123456789abcdefghijklmnopqrstuv'

/** The row of a key that is to be kept. */
export const keyRow = (
  key: string,
  pepper: Buffer,
  about: Pick<KeyRow, 'name' | 'models' | 'source' | 'createdAtMs'> &
    Partial<Pick<KeyRow, 'aliases' | 'account' | 'scope'>>,
): KeyRow => ({
  id: `key_${hashKey(pepper, key).slice(0, 20)}`,
  hash: hashKey(pepper, key),
  // A third at most: those that operators chose may be short.
  hint: `${key.slice(0, Math.min(10, Math.floor(key.length / 3)))}…`,
  aliases: [],
  account: defaultAccountId,
  scope: {},
  ...about,
})
