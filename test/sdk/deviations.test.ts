import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import type { Json } from '../support/formats/format.ts'
import { anthropicDeviations } from './deviation/anthropic-messages.ts'
import type { Deviations } from './deviation/deviation.ts'
import { geminiDeviations } from './deviation/gemini.ts'
import { chatDeviations } from './deviation/openai-chat.ts'
import { responsesDeviations } from './deviation/openai-responses.ts'
import { grammar } from './grammar/index.ts'
import { anthropicHearers, chatHearers, geminiHearers, type Hearer, responsesHearers } from './hearers.ts'
import { corpus, goldenReply, written } from './written.ts'

interface Format {
  readonly deviations: Deviations<string>
  readonly hearers: Readonly<Record<string, Hearer>>
  /** What is heard of the golden reply. */
  readonly heard: Json
}

const calls = ['Oslo', 'Rome'].map((city) => ({ name: 'get_weather', input: { city } }))
const heard = { thought: 'Need both.', text: 'Checking.', calls }

const formats: Record<DialectId, Format> = {
  'anthropic-messages': {
    deviations: anthropicDeviations,
    hearers: anthropicHearers,
    heard: { ...heard, seal: 'c2VhbA==', stop: 'tool_use' },
  },
  'openai-chat': { deviations: chatDeviations, hearers: chatHearers, heard: { ...heard, stop: 'tool_calls' } },
  'openai-responses': {
    deviations: responsesDeviations,
    hearers: responsesHearers,
    heard: { ...heard, status: 'completed' },
  },
  gemini: { deviations: geminiDeviations, hearers: geminiHearers, heard: { ...heard, contents: 5 } },
}

/** What the server answers next. */
let body = ''
let server: Server
let url = ''

beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Listening on a port of the loopback.
  const { port } = server.address() as AddressInfo
  url = `http://127.0.0.1:${port}`
})
afterAll(async () => {
  vi.restoreAllMocks()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** What an SDK makes of a stream, in the words of the tables. */
async function outcome(hear: Hearer | undefined, text: string): Promise<Json | string> {
  if (!hear) throw new Error('no such SDK')
  body = text
  try {
    return await hear(url)
  } catch (error) {
    // What came in a stream as an error stands beside the message, or in it.
    return `${error} ${JSON.stringify(error)}`
  }
}

/** SDKs promise nothing here: what they do is written down, because it is why the grammar is kept. */
describe.each(dialectIds)('what SDKs make of a stream of %s', (format) => {
  const { deviations, hearers, heard } = formats[format]
  const golden = written(format, goldenReply(format))

  describe.each(Object.keys(hearers))('%s', (sdk) => {
    it('hears all that we write', async () => {
      expect(await outcome(hearers[sdk], golden)).toEqual(heard)
    })
    it.each(Object.entries(deviations))('with %s', async (_, { change, seen }) => {
      const expected = seen[sdk]
      const found = await outcome(hearers[sdk], change(golden) ?? '')
      if (expected instanceof RegExp) expect(found).toMatch(expected)
      else if (expected === 'ok') expect(found).toEqual(heard)
      else expect(found).toMatchObject(expected ?? {})
    })
  })
})

describe.each(dialectIds)('SG-16 the grammar of %s', (format) => {
  const streams = Object.entries(corpus(format)).map(([name, reply]) => [name, written(format, reply)] as const)

  it.each(streams)('is kept by our writer: %s', (_, text) => {
    expect(grammar[format](text)).toEqual([])
  })
  it.each(Object.entries(formats[format].deviations))('knows %s', (_, { change, isLawful }) => {
    const changed = streams.flatMap(([, text]) => change(text) ?? [])
    expect(changed).not.toEqual([])
    for (const text of changed) {
      if (isLawful) expect(grammar[format](text)).toEqual([])
      else expect(grammar[format](text)).not.toEqual([])
    }
  })
})
