import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Command } from '../../src/ledger/command.ts'
import { openFileSpool } from '../../src/ledger/file-spool.ts'
import { nano } from '../../src/model/money.ts'
import { temporaryDirectory } from '../support/program.ts'

// A disk says that it is full by taking less than it was given, and only then by an error.

/** What there is room for, and how much is taken at once. */
const disk = { roomBytes: Number.POSITIVE_INFINITY, pieceBytes: Number.POSITIVE_INFINITY }

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  const small = (file: FileHandle): FileHandle => {
    const write = file.write.bind(file) as (bytes: Buffer, at: number, length: number, to: number) => Promise<unknown>
    const written = async (bytes: Buffer, at: number, length: number, to: number) => {
      const fits = Math.min(length, disk.pieceBytes, disk.roomBytes)
      if (fits === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      disk.roomBytes -= fits
      return write(bytes, at, fits, to)
    }
    return Object.assign(file, { write: written })
  }
  return { ...real, open: async (...words: Parameters<typeof real.open>) => small(await real.open(...words)) }
})

const settle = (id: string): Command => ({ do: 'settle', id, charge: nano(5n), costs: [], source: 'vendor' })
const roomBytes = 10_000

let place: ReturnType<typeof temporaryDirectory>
let path = ''
beforeEach(() => {
  place = temporaryDirectory()
  path = join(place.path, 'spool')
  Object.assign(disk, { roomBytes: Number.POSITIVE_INFINITY, pieceBytes: Number.POSITIVE_INFINITY })
})
afterEach(() => place.remove())

describe('a spool', () => {
  it('is whole on a disk that takes a little at a time', async () => {
    disk.pieceBytes = 7
    const spool = await openFileSpool(path, roomBytes)
    for (const id of ['a', 'b']) expect(await spool.keep(settle(id))).toBe(true)
    await spool.close()
    const again = await openFileSpool(path, roomBytes)
    expect(again.left).toEqual([settle('a'), settle('b')])
    await again.close()
  })

  it('does not call kept what a full disk took half of', async () => {
    const spool = await openFileSpool(path, roomBytes)
    expect(await spool.keep(settle('a'))).toBe(true)
    disk.roomBytes = 20
    expect(await spool.keep(settle('b'))).toBe(false)
    disk.roomBytes = Number.POSITIVE_INFINITY
    expect(await spool.keep(settle('c'))).toBe(true)
    await spool.close()
    const again = await openFileSpool(path, roomBytes)
    expect(again.left).toEqual([settle('a'), settle('c')])
    await again.close()
  })

  it('is not made where there is no room for all of it', async () => {
    disk.roomBytes = roomBytes - 1
    await expect(openFileSpool(path, roomBytes)).rejects.toThrow(
      `${path} needs 10 KiB on the disk: make room, or name another directory with --data`,
    )
  })
})
