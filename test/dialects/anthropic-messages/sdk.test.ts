import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import OldAnthropic from 'anthropic-sdk-0137'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChatEvent } from '../../../src/model/event.ts'
import { fault } from '../../../src/model/fault.ts'
import { type Reply, tell } from '../../../src/model/reply.ts'
import { goldenReply } from './golden.ts'
import { askedBy, client, streamOf, writeContext } from './support.ts'

const ask = askedBy('anthropic-messages')
const empty: Reply = { ...goldenReply, parts: [], stop: { reason: 'end' } }
const bare: Reply = {
  ...goldenReply,
  parts: [{ kind: 'tool_call', id: 'call_a', name: 'f', tool: { flavor: 'function' }, arguments: '' }],
}
const traced: Reply = {
  ...goldenReply,
  parts: [
    { kind: 'server_call', id: 'ws_1', tool: 'web_search', name: 'web_search_call', arguments: '{"query":"q"}' },
    {
      kind: 'server_result',
      id: 'ws_1',
      tool: 'web_search',
      name: 'web_search_call',
      hits: [{ url: 'u', title: 't' }],
    },
    { kind: 'text', text: 'Found.', citations: [{ kind: 'url', url: 'u', title: 't' }] },
  ],
  stop: { reason: 'end' },
}
const replies: Record<string, Reply> = { golden: goldenReply, empty, bare, traced }
const broken: ChatEvent[] = [...tell(goldenReply)].slice(0, 6)

let server: Server
let baseURL: string

beforeAll(async () => {
  server = createServer((request, response) => {
    const [, name = ''] = (request.url ?? '').split('/')
    const isStream = request.headers['x-stainless-helper-method'] === 'stream'
    const reply = replies[name] ?? goldenReply
    response.setHeader('content-type', isStream ? 'text/event-stream' : 'application/json')
    const fallen: ChatEvent = { type: 'fault', fault: fault('overloaded', 'Try later.') }
    const events = name === 'broken' ? [...broken, fallen] : [...tell(reply)]
    response.end(
      isStream ? client.heartbeat + streamOf(events) : JSON.stringify(client.writeReply(reply, ask, writeContext())),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on TCP has such an address.
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => new Promise((resolve) => server.close(resolve)))

const asked = { model: 'm', max_tokens: 10, messages: [{ role: 'user' as const, content: 'Hi' }] }
const options = (name: string) => ({ apiKey: 'k', baseURL: `${baseURL}/${name}`, maxRetries: 0 })
const sdks = {
  current(name: string) {
    const { messages } = new Anthropic(options(name))
    return { stream: () => messages.stream(asked).finalMessage(), create: () => messages.create(asked) }
  },
  '0.137'(name: string) {
    const { messages } = new OldAnthropic(options(name))
    return { stream: () => messages.stream(asked).finalMessage(), create: () => messages.create(asked) }
  },
}

describe.each(Object.entries(sdks))("the vendor's SDK %s", (_version, sdk) => {
  it.each(Object.keys(replies))('reads the %s stream as the same message as the unary answer', async (name) => {
    const streamed = await sdk(name).stream()
    const unary = await sdk(name).create()
    const { content, stop_reason, stop_sequence, model } = unary
    // The SDK counts text without citations as none or null, depending on how it came.
    const plain = (value: unknown) => JSON.parse(JSON.stringify(value).replaceAll('"citations":null', '"citations":[]'))
    expect(plain(streamed.content)).toEqual(plain(content))
    expect(streamed).toMatchObject({ stop_reason, stop_sequence, model })
    expect(streamed.usage).toMatchObject({ input_tokens: 40, output_tokens: 30, cache_read_input_tokens: 60 })
  })

  it('sees a fault in the stream as an error', async () => {
    await expect(sdk('broken').stream()).rejects.toThrow('Try later.')
  })
})
