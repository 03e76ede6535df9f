import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Change, planChange } from '../../src/connect/change.ts'
import { readRecord } from '../../src/connect/record.ts'
import type { FileSettings } from '../../src/connect/settings.ts'
import { undo } from '../../src/connect/undo.ts'
import { writeChanges } from '../../src/connect/write.ts'
import { temporaryDirectory } from '../support/program.ts'

let place: ReturnType<typeof temporaryDirectory>
let data: string
beforeEach(() => {
  place = temporaryDirectory()
  data = join(place.path, 'data')
})
afterEach(() => place.remove())

const at = (name: string): string => join(place.path, name)
const modeOf = (path: string): number => statSync(path).mode & 0o777

function put(name: string, text: string, mode = 0o644): string {
  writeFileSync(at(name), text)
  chmodSync(at(name), mode)
  return at(name)
}

const settings = (name: string, values: Record<string, string> = { A: 'a', B: 'b' }): FileSettings => ({
  path: at(name),
  format: 'json',
  isSecret: true,
  edits: Object.entries(values).map(([key, value]) => ({ path: ['env', key], value })),
})

function planned(wanted: FileSettings): Change {
  const record = readRecord(data, 'tool').find(({ path }) => path === wanted.path)
  const plan = planChange(wanted, record)
  if (!plan.ok) throw new Error(plan.problem.message)
  return plan.change
}

const write = (...wanted: FileSettings[]) => writeChanges(data, 'tool', wanted.map(planned))
const read = (name: string): string => readFileSync(at(name), 'utf8')

describe('writing', () => {
  it('keeps the file as it was beside it, and closes the one with a key to others', () => {
    put('s.json', '{"z": 1}\n', 0o644)
    expect(write(settings('s.json'))).toEqual([{ path: at('s.json'), backup: at('s.json.before-causeway') }])
    expect(read('s.json.before-causeway')).toBe('{"z": 1}\n')
    expect([modeOf(at('s.json')), modeOf(at('s.json.before-causeway'))]).toEqual([0o600, 0o644])
  })

  it('leaves the permissions of a file without a key', () => {
    put('s.json', '{}', 0o640)
    write({ ...settings('s.json'), isSecret: false })
    expect(modeOf(at('s.json'))).toBe(0o640)
  })

  it('makes a file, and its folder, for the user alone', () => {
    write(settings('new/s.json'))
    expect([modeOf(at('new')), modeOf(at('new/s.json'))]).toEqual([0o700, 0o600])
    expect(readdirSync(at('new'))).toEqual(['s.json'])
  })

  it('changes nothing the second time', () => {
    put('s.json', '{"z": 1}\n')
    write(settings('s.json'))
    const before = read('s.json')
    expect(write(settings('s.json'))).toEqual([])
    expect(read('s.json')).toBe(before)
    expect(readdirSync(place.path).sort()).toEqual(['data', 's.json', 's.json.before-causeway'])
  })

  it('closes a file that was opened to others since', () => {
    write(settings('s.json'))
    chmodSync(at('s.json'), 0o644)
    write(settings('s.json'))
    expect(modeOf(at('s.json'))).toBe(0o600)
  })

  it('writes through a symbolic link', () => {
    mkdirSync(at('dotfiles'))
    put('dotfiles/s.json', '{}')
    symlinkSync('dotfiles/s.json', at('s.json'))
    write(settings('s.json'))
    expect(lstatSync(at('s.json')).isSymbolicLink()).toBe(true)
    expect(JSON.parse(read('dotfiles/s.json'))).toEqual({ env: { A: 'a', B: 'b' } })
  })

  it('writes through a symbolic link to nothing yet', () => {
    symlinkSync('later/s.json', at('s.json'))
    write(settings('s.json'))
    expect(JSON.parse(read('later/s.json'))).toEqual({ env: { A: 'a', B: 'b' } })
  })

  it('keeps a byte order mark', () => {
    put('s.json', '\uFEFF{"z": 1}')
    write(settings('s.json'))
    expect(read('s.json').startsWith('\uFEFF{')).toBe(true)
    expect(JSON.parse(read('s.json').slice(1))).toEqual({ z: 1, env: { A: 'a', B: 'b' } })
    undo(data, 'tool')
    expect(read('s.json')).toBe('\uFEFF{"z": 1}')
  })

  it('takes back what it no longer wants to what was there before', () => {
    put('s.json', '{\n  "env": { "B": "mine" }\n}\n')
    write(settings('s.json'))
    write(settings('s.json', { A: 'a' }))
    expect(JSON.parse(read('s.json'))).toEqual({ env: { A: 'a', B: 'mine' } })
  })

  it('refuses when the file changed after it was read', () => {
    put('s.json', '{}')
    put('t.json', '{}')
    const changes = [planned(settings('s.json')), planned(settings('t.json'))]
    put('t.json', '{"mine": 1}')
    expect(() => writeChanges(data, 'tool', changes)).toThrow(/changed in the meantime/)
    expect([read('s.json'), read('t.json')]).toEqual(['{}', '{"mine": 1}'])
  })
})

describe('undoing', () => {
  const original = '{\n  "env": { "A": "mine", "Z": 1 }\n}\n'

  it('gives back the very bytes and permissions when nobody touched the file', () => {
    put('s.json', original, 0o644)
    write(settings('s.json'))
    expect(undo(data, 'tool')).toEqual({ ok: true, files: [{ path: at('s.json'), way: 'restored' }] })
    expect(read('s.json')).toBe(original)
    expect(modeOf(at('s.json'))).toBe(0o644)
    expect(existsSync(at('s.json.before-causeway'))).toBe(false)
    expect(readRecord(data, 'tool')).toEqual([])
  })

  it('takes out only ours when somebody did, and gives back former values', () => {
    put('s.json', original)
    write(settings('s.json'))
    put('s.json', read('s.json').replace('"Z": 1', '"Z": 2'), 0o600)
    expect(undo(data, 'tool')).toMatchObject({ ok: true, files: [{ way: 'taken out' }] })
    expect(JSON.parse(read('s.json'))).toEqual({ env: { A: 'mine', Z: 2 } })
    expect(read('s.json.before-causeway')).toBe(original)
  })

  it('removes a file that was made, and a table that was made in another', () => {
    put('t.json', '{ "z": 1 }')
    write(settings('s.json'), settings('t.json'))
    put('t.json', read('t.json').replace('"z": 1', '"z": 2'))
    expect(undo(data, 'tool')).toMatchObject({ ok: true, files: [{ way: 'removed' }, { way: 'taken out' }] })
    expect(existsSync(at('s.json'))).toBe(false)
    expect(JSON.parse(read('t.json'))).toEqual({ z: 2 })
  })

  it('removes a file that was made, also when it was written twice', () => {
    write(settings('made.json'))
    write(settings('made.json', { A: 'another' }))
    expect(undo(data, 'tool')).toMatchObject({ files: [{ way: 'removed' }] })
    expect(existsSync(at('made.json'))).toBe(false)
  })

  it('keeps what others put into a file that was made', () => {
    write(settings('s.json'))
    put('s.json', JSON.stringify({ ...JSON.parse(read('s.json')), mine: true }))
    expect(undo(data, 'tool')).toMatchObject({ ok: true, files: [{ way: 'taken out' }] })
    expect(JSON.parse(read('s.json'))).toEqual({ mine: true })
  })

  it('keeps changes of the time between two writes', () => {
    put('s.json', original)
    write(settings('s.json'))
    put('s.json', read('s.json').replace('"Z": 1', '"Z": 2'))
    write(settings('s.json', { A: 'other', B: 'b' }))
    expect(undo(data, 'tool')).toMatchObject({ ok: true, files: [{ way: 'restored' }] })
    expect(JSON.parse(read('s.json'))).toEqual({ env: { A: 'mine', Z: 2 } })
  })

  it('finds nothing where nothing was written', () => {
    expect(undo(data, 'tool')).toEqual({ ok: true, files: [] })
  })

  it('refuses a file that was broken since, and changes nothing', () => {
    write(settings('s.json'), settings('t.json'))
    put('t.json', '{ broken')
    const before = read('s.json')
    expect(undo(data, 'tool')).toMatchObject({ ok: false, problem: { path: at('t.json'), line: 1 } })
    expect([read('s.json'), read('t.json')]).toEqual([before, '{ broken'])
  })

  it('says when the file is gone', () => {
    write(settings('s.json'))
    rmSync(at('s.json'))
    expect(undo(data, 'tool')).toEqual({ ok: true, files: [{ path: at('s.json'), way: 'gone' }] })
    expect(existsSync(at('s.json'))).toBe(false)
  })
})

describe('what cannot be edited is refused by name', () => {
  const edits = [{ path: ['env', 'A'], value: 'a' }]
  const provider = {
    format: 'toml',
    claim: ['providers', 'ours'],
    edits: [{ path: ['providers', 'ours', 'url'], value: 'u' }],
  } as const
  it.each<[string, string | Uint8Array, Partial<FileSettings>, { line?: number; message: RegExp }]>([
    ['a broken file', '{\n  "a": }\n', {}, { line: 2, message: /value expected/ }],
    [
      'a text where settings belong',
      '{\n  "z": 1,\n  "env": "X=1"\n}',
      {},
      { line: 3, message: /"env" holds a string/ },
    ],
    ['a list where settings belong', '{"env": []}', {}, { line: 1, message: /"env" holds a list/ }],
    ['nothing where settings belong', '{"env": null}', {}, { line: 1, message: /"env" holds null/ }],
    ['a name that stands twice', '{"env": {}, "env": {}}', {}, { message: /cannot be edited safely/ }],
    ['a list', '[1]', {}, { line: 1, message: /not an object/ }],
    ['bytes that are no text', new Uint8Array([0x7b, 0xff, 0x7d]), {}, { message: /not UTF-8/ }],
    ["somebody else's table", '[providers.ours]\nurl = "x"\n', provider, { line: 1, message: /not by us/ }],
    ['a table that is a text', 'a = 1\nproviders = "x"\n', provider, { line: 2, message: /holds a string/ }],
    ['broken TOML', 'a = 1\n[b\n', provider, { line: 2, message: /./ }],
  ])('%s', (_, text, more, problem) => {
    writeFileSync(at('file'), text)
    const plan = planChange({ path: at('file'), format: 'json', isSecret: true, edits, ...more }, undefined)
    expect(plan).toMatchObject({
      ok: false,
      problem: { path: at('file'), ...(problem.line && { line: problem.line }) },
    })
    expect(plan.ok ? '' : plan.problem.message).toMatch(problem.message)
    expect(readFileSync(at('file'))).toEqual(Buffer.from(text))
  })

  it('takes a table of our name that says the same', () => {
    put('file', '[providers.ours]\nurl = "u"\n')
    expect(planChange({ path: at('file'), isSecret: true, ...provider }, undefined)).toMatchObject({ ok: true })
  })

  it('a directory', () => {
    mkdirSync(at('file'))
    const plan = planChange({ path: at('file'), format: 'json', isSecret: true, edits }, undefined)
    expect(plan).toMatchObject({ ok: false, problem: { message: 'is a directory, not a file' } })
  })

  it('a file that is read-only, and one in a folder that is', () => {
    put('file', '{}', 0o444)
    mkdirSync(at('folder'))
    chmodSync(at('folder'), 0o555)
    const refused = (name: string) => planChange({ path: at(name), format: 'json', isSecret: true, edits }, undefined)
    expect(refused('file')).toMatchObject({ ok: false, problem: { path: at('file'), message: 'is read-only' } })
    expect(refused('folder/new')).toMatchObject({ ok: false, problem: { path: at('folder'), message: 'is read-only' } })
    chmodSync(at('folder'), 0o755)
  })

  it('a folder that is a file', () => {
    put('file', '{}')
    const plan = planChange({ path: at('file/new'), format: 'json', isSecret: true, edits }, undefined)
    expect(plan).toMatchObject({ ok: false })
  })
})
