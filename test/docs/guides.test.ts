import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tools } from '../../src/connect/tools/index.ts'
import { untestedInstalls } from './installs.ts'
import { makePrograms, welcome } from './newcomer.ts'
import { readBlocks } from './page.ts'
import { guides } from './pages.ts'
import { walk } from './walk.ts'

const longestMs = 200_000
const longestLines = 90

let place = ''
const programs = (): string => join(place, 'bin')
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'causeway-stand-ins-'))
  makePrograms(programs(), Object.keys(tools), join(import.meta.dirname, 'stand-ins', 'main.ts'))
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

// The real tools and the Python SDKs have runs of their own.
describe.concurrent('what a guide says is what happens', () => {
  it.for(guides)('$name', { timeout: longestMs }, async ({ english }) => {
    const newcomer = await welcome({ folders: [programs()], environment: {} })
    try {
      expect(await walk(english, newcomer, { hasPython: false })).toEqual([])
    } finally {
      newcomer.leave()
    }
  })
})

describe('a guide in Chinese has the same commands', () => {
  it.each(guides)('$name', ({ chinese, english }) => {
    const blocksOf = (path: string) => readBlocks(readFileSync(path, 'utf8')).map(({ line: _, ...block }) => block)
    expect(blocksOf(chinese)).toEqual(blocksOf(english))
  })
})

describe('a guide in either language', () => {
  it.each(guides.flatMap(({ chinese, english }) => [english, chinese]))('%s', (path) => {
    const text = readFileSync(path, 'utf8')
    expect(untestedInstalls(text)).toEqual([])
    expect(text.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(longestLines)
  })
})
