import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deriveKey, hashKey, isMistyped, keyRow, masterKey, newKey } from '../../src/store/secrets.ts'
import { snapshot } from '../../src/store/snapshot.ts'
import { temporaryDirectory } from '../support/program.ts'

let place: ReturnType<typeof temporaryDirectory>
beforeEach(() => {
  place = temporaryDirectory()
})
afterEach(() => place.remove())

describe('the master key', () => {
  it('is made once, readable by its owner alone', () => {
    const made = masterKey(undefined, place.path)
    const path = join(place.path, 'master.key')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(made.toString()).toBe(readFileSync(path, 'utf8'))
    expect(made.length).toBeGreaterThanOrEqual(32)
    expect(masterKey(undefined, place.path)).toEqual(made)
  })

  it('is made private again', () => {
    const path = join(place.path, 'master.key')
    writeFileSync(path, '0123456789abcdef\n', { mode: 0o644 })
    expect(masterKey(undefined, place.path).toString()).toBe('0123456789abcdef')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('of the environment counts more, and leaves no file', () => {
    expect(masterKey('0123456789abcdef', join(place.path, 'nowhere')).toString()).toBe('0123456789abcdef')
  })

  it.each([
    ['of the environment', 'short', undefined],
    ['of an empty file', undefined, ''],
    ['of a file that was cut', undefined, 'abc\n'],
  ])('%s that is too short is refused', (_, given, written) => {
    if (written !== undefined) writeFileSync(join(place.path, 'master.key'), written)
    expect(() => masterKey(given, place.path)).toThrow(/at least 16 characters/)
  })

  it('of a store in memory is new every time', () => {
    expect(masterKey(undefined, ':memory:')).not.toEqual(masterKey(undefined, ':memory:'))
  })
})

describe('keys for a purpose', () => {
  it('differ from each other and stay the same', () => {
    const master = Buffer.from('0123456789abcdef')
    expect(deriveKey(master, 'keys')).toEqual(deriveKey(master, 'keys'))
    expect(deriveKey(master, 'keys')).not.toEqual(deriveKey(master, 'envelopes'))
    expect(deriveKey(master, 'keys')).toHaveLength(32)
  })
})

describe('a new key', () => {
  it('is like no other, and told from one that is mistyped', () => {
    const keys = Array.from({ length: 200 }, newKey)
    expect(new Set(keys).size).toBe(200)
    for (const key of keys) {
      expect(key).toMatch(/^sk-cw-[0-9A-Za-z]{38}$/)
      expect(isMistyped(key)).toBe(false)
    }
  })

  it.each<[string, (key: string) => string]>([
    ['a letter changed', (key) => key.slice(0, 10) + (key[10] === 'x' ? 'y' : 'x') + key.slice(11)],
    ['the last letter changed', (key) => key.slice(0, -1) + (key.endsWith('x') ? 'y' : 'x')],
    ['a letter missing', (key) => key.slice(0, -1)],
    ['a letter too much', (key) => `${key}x`],
    ['nothing but its beginning', () => 'sk-cw-'],
    ['two letters swapped', (key) => swapped(key)],
  ])('with %s is mistyped', (_, change) => {
    expect(isMistyped(change(newKey()))).toBe(true)
  })

  it.each(['sk-my-own-key', 'anything', ''])('that an operator chose (%j) is never mistyped', (key) => {
    expect(isMistyped(key)).toBe(false)
  })
})

/** The first two neighbours that differ change places. */
function swapped(key: string): string {
  const at = [...key].findIndex((letter, index) => index >= 6 && letter !== key[index + 1])
  return key.slice(0, at) + key.charAt(at + 1) + key.charAt(at) + key.slice(at + 2)
}

describe('the row of a key', () => {
  const pepper = deriveKey(Buffer.from('0123456789abcdef'), 'keys')
  const about = { name: 'dev', models: ['*'], source: 'command', createdAtMs: 1 } as const

  it('holds no more of it than its beginning', () => {
    const key = newKey()
    const row = keyRow(key, pepper, about)
    expect(JSON.stringify(row)).not.toContain(key.slice(10))
    expect(row).toMatchObject({ ...about, hash: hashKey(pepper, key), hint: `${key.slice(0, 10)}…` })
  })

  it('shows less of a short one', () => {
    expect(keyRow('sk-12345678', pepper, about).hint.length).toBeLessThanOrEqual(7)
  })

  it('is found by the hash of the key under its own pepper', () => {
    const row = keyRow('sk-12345678', pepper, about)
    const { keys } = snapshot({ keys: [row], channels: [], accounts: [], groups: [], trustedProxies: [] })
    expect(keys.get(hashKey(pepper, 'sk-12345678'))).toBe(row)
    expect(keys.get(hashKey(deriveKey(Buffer.from('another master key'), 'keys'), 'sk-12345678'))).toBeUndefined()
  })
})
