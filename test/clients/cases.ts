import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { via } from '../support/gateway.ts'
import { answersWith, bringsBack, bringsThoughts, wentWell } from './checks.ts'
import type { Case, Result, Scene } from './client.ts'

/** A file that the prompt names and only a command can read. */
export function hide({ directory, secret }: Scene, name = 'secret.txt', prefix = ''): string {
  writeFileSync(join(directory, name), `${prefix}${secret}\n`)
  return `cat ${name}`
}

/** Two turns: run a command, answer with its output. */
const task: Case = {
  name: 'task',
  order: (scene, { says }) => ({ model: via(scene.dialect), prompt: says.shell(hide(scene)) }),
  expect(result) {
    wentWell(result)
    answersWith(result, result.scene.secret)
    assert.equal(result.loop.length, 2, 'requests of the loop')
    bringsBack(result, result.scene.secret)
  },
}

const parallel: Case = {
  name: 'parallel',
  order(scene, { says }) {
    const commands = ['one', 'two'].map((name) => hide(scene, name, `${name}-`))
    return { model: via(scene.dialect), prompt: commands.map(says.shell).join(' and ') }
  },
  expect(result) {
    const { secret } = result.scene
    wentWell(result)
    assert.equal(result.loop.length, 2, 'requests of the loop')
    bringsBack(result, `one-${secret}`, `two-${secret}`)
    answersWith(result, `one-${secret}`)
    answersWith(result, `two-${secret}`)
  },
}

/** Thoughts are signed where the format has a place for them; an upstream that thinks refuses a loop without them. */
const thinking: Case = {
  ...task,
  name: 'thinking',
  order: (scene, { says }) => ({
    model: via(scene.dialect, 'sandbox-thinker'),
    prompt: says.shell(hide(scene)),
  }),
  expect(result) {
    task.expect(result)
    bringsThoughts(result)
  },
}

/** The file that is edited, before and after. */
export const notes = {
  write: ({ directory }: Scene): string => {
    writeFileSync(join(directory, 'notes.txt'), 'first\nold words\nlast\n')
    return join(directory, 'notes.txt')
  },
  check: ({ directory, secret }: Scene): void =>
    assert.equal(readFileSync(join(directory, 'notes.txt'), 'utf8'), `first\nnew ${secret}\nlast\n`),
}

const edit: Case = {
  name: 'edit',
  order: (scene, { says }) => ({
    model: via(scene.dialect),
    prompt: says.edit({ path: notes.write(scene), from: 'old words', to: `new ${scene.secret}` }),
  }),
  expect(result) {
    wentWell(result)
    notes.check(result.scene)
  },
}

/** The upstream breaks once in the middle of its answer: half an answer is none. The tool says so, or asks again. */
const cut: Case = {
  name: 'cut',
  order: ({ dialect, secret }) => ({ model: via(dialect), prompt: `${secret} sandbox: words=90 fail=cut@60*1` }),
  expect({ report, loop }) {
    const isHalf = /word\d+\s*$/.test(report.answer) && !report.answer.trimEnd().endsWith('word90')
    assert.ok(
      report.hasFailed || (loop.length > 1 && !isHalf),
      `half an answer was taken for a whole one: ${report.answer}`,
    )
  },
}

/** Refused once, then answered: the tool waits and goes on. */
const passing = (name: string, failure: string): Case => ({
  name,
  order: (scene, { says }) => ({
    model: via(scene.dialect),
    prompt: `${says.shell(hide(scene))} sandbox:fail=${failure}`,
  }),
  expect(result) {
    wasRefusedOnce(result)
    answersWith(result, result.scene.secret)
  },
})

/** Something was refused for being too much, and all else went well. */
export function wasRefusedOnce(result: Result): void {
  const refused = result.answered.filter(({ status }) => [429, 503, 529].includes(status))
  assert.ok(refused.length > 0, 'nothing was refused')
  wentWell({ ...result, answered: result.answered.filter((answered) => !refused.includes(answered)) })
}

/** A prompt that is too long is said to be so, and not sent again and again. */
const overflow: Case = {
  name: 'overflow',
  order: ({ dialect }) => ({
    model: via(dialect),
    prompt: `${'many words '.repeat(40)} ${randomBytes(4).toString('hex')} sandbox: context=50`,
  }),
  expect({ report, outcome, loop }) {
    assert.equal(report.hasFailed, true, 'the tool does not say that it failed')
    assert.match(
      report.answer + outcome.out + outcome.error,
      /prompt is too long|context (?:window|length)|maximum number of tokens/i,
    )
    assert.ok(loop.length <= 4, `asked ${loop.length} times`)
  },
}

/** What every tool must do on every upstream. */
export const sharedCases: readonly Case[] = [
  task,
  parallel,
  thinking,
  edit,
  cut,
  passing('overload', '529*1'),
  passing('limit', '429*1'),
  overflow,
]
