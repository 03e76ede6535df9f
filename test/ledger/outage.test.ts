import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { isSqliteOutage } from '../../src/store/sqlite-fault.ts'

const errorOf = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

describe('what SQLite complains of', () => {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE full (text TEXT UNIQUE); PRAGMA max_page_count = 4')
  const fill = () => database.exec(`INSERT INTO full VALUES ('${'x'.repeat(100_000)}')`)
  const twice = () => database.exec("INSERT INTO full VALUES ('a'), ('a')")

  it.each([
    ['a disk that is full', errorOf(fill), true],
    ['a row that is there already', errorOf(twice), false],
    ['a wrong statement', errorOf(() => database.exec('SELEC')), false],
    ['a file that is not there', errorOf(() => new DatabaseSync('/nowhere/at/all.db')), true],
    ['a bug of ours', new TypeError('x'), false],
  ])('%s', (_, error, expected) => {
    expect(error).toBeInstanceOf(Error)
    expect(isSqliteOutage(error)).toBe(expected)
  })
})
