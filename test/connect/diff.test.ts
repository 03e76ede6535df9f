import { describe, expect, it } from 'vitest'
import { diff } from '../../src/connect/diff.ts'
import { masked } from '../../src/connect/mask.ts'

const same = (line: string): string => line
const lines = (...all: (string | number)[]): string => `${all.join('\n')}\n`

describe('diff', () => {
  it.each([
    ['nothing', 'a\n', 'a\n', ''],
    ['a new file', '', 'a\nb\n', '--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b'],
    ['a line changed', 'a\nb\nc\n', 'a\nB\nc\n', '--- f\n+++ f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c'],
    [
      'two places far apart',
      lines(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
      lines('x', 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
      '--- f\n+++ f\n@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -8,3 +8,4 @@\n 8\n 9\n 10\n+11',
    ],
    [
      'two places close by',
      lines(1, 2, 3, 4),
      lines(0, 1, 2, 3, 5),
      '--- f\n+++ f\n@@ -1,4 +1,5 @@\n+0\n 1\n 2\n 3\n-4\n+5',
    ],
  ])('%s', (_, before, after, expected) => {
    expect(diff('f', before, after, same)).toBe(expected)
  })
})

describe('keys are shortened', () => {
  const key = 'sk-cw-0123456789abcdefghijABCDEFGHIJ012345'
  it.each([
    [`+TOKEN=${key}`, '+TOKEN=sk-cw-0123…'],
    [`  "apiKey": "${key}",`, '  "apiKey": "sk-cw-0123…",'],
    [`see ${key} here`, 'see sk-cw-0123… here'],
    ['-    "ANTHROPIC_API_KEY": "sk-ant-api03-abcdefgh"', '-    "ANTHROPIC_API_KEY": "sk-ant-…"'],
    ['-x = "sk-proj-abcdefghijklmnop"', '-x = "sk-proj-…"'],
    [' GEMINI_API_KEY=AIzaSyA0123456789', ' GEMINI_API_KEY=AIzaS…'],
    ['     "ANTHROPIC_API_KEY": "",', '     "ANTHROPIC_API_KEY": "",'],
    [' "max_tokens": 32000', ' "max_tokens": 32000'],
  ])('%s', (line, expected) => {
    expect(masked(line, key)).toBe(expected)
  })
})
