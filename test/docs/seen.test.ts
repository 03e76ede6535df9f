import { expect, it } from 'vitest'
import { isSeen } from './seen.ts'

it.each([
  ['the line', 'before\nthe line\nafter', true],
  ['the line', 'before the line', false],
  ['the line', 'the line goes on', false],
  ['the … line', 'the second line', true],
  ['the … line', 'the\nline', false],
  ['one\ntwo', 'one\ntwo', true],
  ['one\ntwo', 'one\nand\ntwo', false],
  ['one\n…\ntwo', 'one\nand\nmore\ntwo', true],
  ['one\n…\ntwo', 'one\ntwo', true],
  ['one\n…\ntwo', 'two\none', false],
  ['a.c (1)', 'a.c (1)', true],
  ['a.c (1)', 'abc (1)', false],
  ['plain', '\u001b[1mplain\u001b[0m  \r', true],
  ['something', '', false],
])('%j in %j: %j', (expected, shown, is) => {
  expect(isSeen(expected, shown)).toBe(is)
})
