import { expect, it } from 'vitest'
import { untestedInstalls } from './installs.ts'
import { readBlocks } from './page.ts'

const block = (info: string): string => `Text.\n\n\`\`\`${info}\necho\n\`\`\`\n`

it.each([
  ['sh run', { kind: 'run', how: 'well' }],
  ['sh run=server', { kind: 'run', how: 'server' }],
  ['sh run=python', { kind: 'run', how: 'python' }],
  ['text see', { kind: 'see' }],
  ['js file=hello.mjs', { kind: 'file', name: 'hello.mjs' }],
])('%s', (info, use) => {
  expect(readBlocks(block(info))).toEqual([{ language: info.split(' ')[0], use, text: 'echo\n', line: 3 }])
})

it.each(['', 'sh', 'sh runs', 'sh run=away', 'js file', 'text see=all'])('"%s" does not say what is done', (info) => {
  expect(() => readBlocks(block(info))).toThrow('line 3')
})

it('knows what the tests use of what a page installs', () => {
  const tested = '`npm install openai` `npm install -g opencode-ai` `pip install google-genai`'
  expect(untestedInstalls(tested)).toEqual([])
  expect(untestedInstalls(`${tested} \`pip install requests\` \`npm install -g openai\``)).toEqual([
    '`pip install requests`',
    '`npm install -g openai`',
  ])
})
