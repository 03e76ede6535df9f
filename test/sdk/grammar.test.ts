import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialectIds } from '../../src/model/dialect.ts'
import { formats, type Wish } from '../support/formats/format.ts'
import { key, via } from '../support/gateway.ts'
import { errands, schema, tools } from './errand.ts'
import { grammar } from './grammar/index.ts'
import { type Stage, startStage } from './stage.ts'

/** What a client gets over the wire obeys its format's grammar to the letter, whoever answers. */
let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.close())

const definitions = tools.map(({ name, description }) => ({ name, description, schema }))

/** Answers of every shape that the sandbox gives when told to. */
const wishes: Readonly<Record<string, readonly [model: string, Omit<Wish, 'model'>]>> = {
  words: ['sandbox-1', { turns: [{ user: 'Say hello, 你好 👋🏽.' }] }],
  thoughts: ['sandbox-thinker', { turns: [{ user: 'Think.' }], thinking: true }],
  'hidden thoughts': ['sandbox-thinker', { turns: [{ user: 'sandbox: think=redacted' }], thinking: true }],
  'one call': ['sandbox-1', { turns: [{ user: errands.one }], tools: definitions }],
  'thoughts and calls': [
    'sandbox-thinker',
    { turns: [{ user: errands.parallel }], tools: definitions, thinking: true },
  ],
  refusal: ['sandbox-1', { turns: [{ user: 'sandbox: end=refusal' }] }],
  'an answer by a schema': ['sandbox-1', { turns: [{ user: 'Where is it cold?' }], schema }],
  'cut at its limit': ['sandbox-1', { turns: [{ user: 'sandbox: words=200' }], maxOutput: 16 }],
  'stopped at a word': ['sandbox-1', { turns: [{ user: 'sandbox: words=200' }], stop: ['word7'] }],
  'a long answer': ['sandbox-1', { turns: [{ user: 'sandbox: words=5000' }] }],
}

describe.each(dialectIds)('a client of %s', (client) => {
  describe.each(dialectIds)('and an upstream of %s', (upstream) => {
    it.each(Object.entries(wishes))('%s', async (_, [model, wish]) => {
      const { path, headers, body } = formats[client].ask({ model: via(upstream, model), stream: true, ...wish })
      const answer = await fetch(stage.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
      const text = await answer.text()
      expect({ status: answer.status, problems: grammar[client](text) }).toEqual({ status: 200, problems: [] })
    })
  })
})
