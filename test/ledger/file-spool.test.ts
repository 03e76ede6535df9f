import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command } from '../../src/ledger/command.ts'
import { openFileSpool } from '../../src/ledger/file-spool.ts'
import { nano } from '../../src/model/money.ts'

const settle = (id: string): Command => ({
  do: 'settle',
  id,
  charge: nano(2n ** 62n - 1n),
  costs: [{ vendor: 'acmé', amount: nano(7n) }],
  source: 'vendor',
})

describe('a spool', () => {
  let directory: string
  let path: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'causeway-spool-'))
    path = join(directory, 'spool')
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  const keepAndClose = async (...ids: string[]): Promise<void> => {
    const spool = await openFileSpool(path)
    for (const id of ids) expect(await spool.keep(settle(id))).toBe(true)
    await spool.close()
  }
  const left = async (): Promise<readonly Command[]> => {
    const spool = await openFileSpool(path)
    await spool.close()
    return spool.left
  }

  it('gives back what was kept, after what was kept before', async () => {
    await keepAndClose('a', 'b')
    await keepAndClose('c')
    expect(await left()).toEqual([settle('a'), settle('b'), settle('c')])
  })

  it('has its room from the start, and says when that is used up', async () => {
    const spool = await openFileSpool(path, 4_096)
    expect(statSync(path).size).toBe(4_096)
    let kept = 0
    while (await spool.keep(settle(`${kept}`))) kept++
    await spool.close()
    expect(statSync(path).size).toBe(4_096)
    const again = await openFileSpool(path, 4_096)
    expect(again.left).toHaveLength(kept)
    await again.close()
    expect(kept).toBeGreaterThan(20)
  })

  it('is cleared when everything that was kept is written', async () => {
    await keepAndClose('a')
    const spool = await openFileSpool(path)
    await spool.clear()
    await spool.keep(settle('b'))
    await spool.close()
    expect(await left()).toEqual([settle('b')])
  })

  it('is not cleared of what is kept at the same time', async () => {
    const spool = await openFileSpool(path)
    await spool.keep(settle('a'))
    await Promise.all([spool.clear(), spool.keep(settle('b'))])
    await spool.close()
    expect(await left()).toContainEqual(settle('b'))
  })

  it.each([
    ['cut in the last line', (text: string) => text.slice(0, text.lastIndexOf('}') - 3)],
    ['overwritten in the last line', (text: string) => text.replace('"id":"b"', '"id":"c"')],
    ['cut before its end', (text: string) => text.slice(0, text.indexOf('\n') + 5)],
  ])('gives what is whole when it was %s', async (_, spoil) => {
    await keepAndClose('a', 'b')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, spoil(text.slice(0, text.indexOf('\0'))))
    expect(await left()).toEqual([settle('a')])
    await keepAndClose('d')
    expect(await left()).toEqual([settle('a'), settle('d')])
  })
})
