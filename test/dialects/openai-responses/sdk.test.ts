import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import OpenAI6 from 'openai-6'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fault } from '../../../src/model/fault.ts'
import type { Part } from '../../../src/model/part.ts'
import { type Reply, tell } from '../../../src/model/reply.ts'
import { golden } from './golden.ts'
import { asked, client, replyWith, streamOf, writeContext } from './support.ts'

let server: Server
let stream = ''
/** What each version's stream helper makes of the server's bytes. */
let finals: { readonly [version: string]: () => Promise<unknown> }

beforeAll(async () => {
  server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(stream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo
  const options = { apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 }
  const [newer, older] = [new OpenAI(options), new OpenAI6(options)]
  const params = { model: 'asked-model', input: 'Hi' }
  finals = {
    'openai 7': () => newer.responses.stream(params).finalResponse(),
    'openai 6': () => older.responses.stream(params).finalResponse(),
  }
})

afterAll(() => new Promise((resolve) => server.close(resolve)))

const shown = asked({ reasoning: { summary: 'auto' }, stream: true })

interface Final {
  readonly status?: string
  readonly output: readonly unknown[]
  readonly output_text: string
  readonly error: unknown
}

async function final(version: string, bytes: string): Promise<Final> {
  stream = bytes
  // Both versions give an object with these fields.
  return (await finals[version]?.()) as Final
}

const typed = (type: string, args: string): Part => ({
  kind: 'tool_call',
  id: `call_${type}`,
  name: type,
  tool: { flavor: 'typed', type },
  arguments: args,
})

const replies: Record<string, Reply> = {
  golden,
  nothing: replyWith(),
  'a chain of thought': replyWith({ kind: 'thinking', form: 'raw', text: 'Hm.' }, { kind: 'text', text: 'Hi' }),
  'texts with citations': replyWith(
    { kind: 'text', text: 'See ' },
    { kind: 'text', text: 'this', citations: [{ kind: 'url', url: 'https://a.example', title: 'A' }] },
    { kind: 'text', text: '.' },
  ),
  'text, call, text': replyWith(
    { kind: 'text', text: 'One.' },
    { kind: 'tool_call', id: 'a', name: 'f', namespace: 'n', tool: { flavor: 'function' }, arguments: '{}' },
    { kind: 'tool_call', id: 'a', name: 'g', tool: { flavor: 'custom' }, arguments: 'x\ny' },
    { kind: 'text', text: 'Two.' },
  ),
  'typed calls': replyWith(
    typed('shell', '{"commands":["ls"]}'),
    typed('local_shell', '{"command":["ls"]}'),
    typed('apply_patch', '{"type":"delete_file","path":"x"}'),
  ),
  'traces out of order': replyWith(
    { kind: 'server_call', id: 's1', tool: 'web_search', name: 'web_search', arguments: '{"query":"q"}' },
    { kind: 'server_call', id: 's2', tool: 'code', name: 'bash', arguments: '{"code":"ls"}' },
    { kind: 'server_call', id: 's3', tool: 'mcp', name: 'ask', arguments: '{}' },
    { kind: 'server_result', id: 's2', tool: 'code', name: 'bash', output: 'x' },
    {
      kind: 'server_result',
      id: 's1',
      tool: 'web_search',
      name: 'web_search',
      hits: [{ url: 'https://a.example', title: 'A' }],
    },
    { kind: 'text', text: 'Found.' },
  ),
  'a picture': replyWith({
    kind: 'media',
    media: 'image',
    source: { kind: 'base64', data: 'AAAA' },
    mime: 'image/png',
  }),
  'a refusal': { ...replyWith({ kind: 'text', text: 'Well. ' }), stop: { reason: 'refusal', explanation: 'No.' } },
  'cut short': { ...replyWith({ kind: 'text', text: 'Hi' }), stop: { reason: 'length' } },
  probabilities: replyWith({
    kind: 'text',
    text: 'Hi',
    logprobs: [{ token: 'Hi', logprob: -0.5, top: [{ token: 'Hi', logprob: -0.5 }] }],
  }),
}

describe.each(['openai 7', 'openai 6'])('%s', (version) => {
  test.each(Object.entries(replies))('understands %s', async (_, reply) => {
    const unary = client.writeReply(reply, shown, writeContext())
    const made = await final(version, streamOf(tell(reply), shown))
    expect(made.status).toBe(unary.status)
    // The helpers add fields of their own (`parsed`) to some items.
    expect(made.output).toMatchObject(JSON.parse(JSON.stringify(unary.output)))
    expect(made.output).toHaveLength(Array.isArray(unary.output) ? unary.output.length : 0)
  })

  test('sees a failure as one', async () => {
    const events = [...tell(golden)].slice(0, 7)
    const bytes = streamOf([...events, { type: 'fault', fault: fault('overloaded', 'Busy.') }], shown)
    expect(await final(version, bytes)).toMatchObject({
      status: 'failed',
      error: { code: 'rate_limit_exceeded', message: 'Busy. Please try again in 2s.' },
    })
  })

  test('throws at a fault between forwarded bytes', async () => {
    const begun = streamOf([...tell(golden)].slice(0, 7), shown)
    const bytes = begun + client.faultFrame(fault('bad_gateway', 'Broke off.'), 'req_1', 'sse')
    await expect(final(version, bytes)).rejects.toThrow('Broke off.')
  })
})
