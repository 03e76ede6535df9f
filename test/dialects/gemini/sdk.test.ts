import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { gemini } from '../../../src/dialects/gemini/index.ts'
import type { ChatEvent } from '../../../src/model/event.ts'
import { fault } from '../../../src/model/fault.ts'
import { goldenEvents, goldenReply } from './golden.ts'
import { ask, read, writeContext } from './support.ts'

/** What the server answers next, and what it was asked last. */
let answer: { status: number; type: string; body: string }
let asked: Record<string, unknown>
let server: Server
let client: GoogleGenAI

const shown = ask({ format: 'gemini', stream: 'sse', thinking: { mode: 'default', show: 'summary' } })

const stream = (events: readonly ChatEvent[], beat = ''): void => {
  const writer = gemini.client.eventWriter(shown, writeContext)
  const body = beat + events.map((event) => writer.push(event)).join('')
  answer = { status: 200, type: 'text/event-stream', body }
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(item)
  return items
}

const question = { model: 'm', contents: 'Weather?' }

beforeAll(async () => {
  // It warns whenever `text` is asked of an answer that holds calls as well.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    asked = JSON.parse(Buffer.concat(pieces).toString())
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  client = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: `http://127.0.0.1:${port}` } })
})

afterAll(async () => {
  vi.restoreAllMocks()
  await new Promise((resolve) => server.close(resolve))
})

describe('the vendor’s SDK', () => {
  it('reads a stream to the same text, calls and usage', async () => {
    stream(goldenEvents, gemini.client.heartbeat)
    const chunks = await all(await client.models.generateContentStream(question))
    expect(chunks.map((chunk) => chunk.text ?? '').join('')).toBe('Checking.')
    expect(chunks.flatMap((chunk) => chunk.functionCalls ?? [])).toEqual([
      { id: 'call_a', name: 'get_w', args: { c: 'Oslo' } },
      { id: 'call_b', name: 'get_w', args: { c: 'Rome' } },
    ])
    expect(chunks.at(-1)).toMatchObject({ usageMetadata: { promptTokenCount: 100, totalTokenCount: 130 } })
    expect(chunks.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP')
  })

  it('reads a unary answer', async () => {
    const body = JSON.stringify(gemini.client.writeReply(goldenReply, shown, writeContext))
    answer = { status: 200, type: 'application/json', body }
    const response = await client.models.generateContent(question)
    expect(response.text).toBe('Checking.')
    expect(response.functionCalls).toHaveLength(2)
    expect(response.modelVersion).toBe('m')
  })

  it('keeps a streamed turn in a chat, and sends it back so that it reads as one (CL-09)', async () => {
    stream(goldenEvents)
    const chat = client.chats.create({ model: 'm' })
    await all(await chat.sendMessageStream({ message: 'Weather?' }))
    expect(chat.getHistory(true).length).toBeGreaterThan(1)
    stream(goldenEvents)
    const results = ['call_a', 'call_b'].map((id) => ({
      functionResponse: { id, name: 'get_w', response: { output: 'sun' } },
    }))
    await all(await chat.sendMessageStream({ message: results }))
    const request = read(asked)
    expect(request).toMatchObject({
      ok: true,
      value: {
        turns: [
          { role: 'user' },
          {
            role: 'assistant',
            parts: [
              { kind: 'thinking', text: 'Need both.' },
              { kind: 'text', text: 'Checking.' },
              { kind: 'tool_call', id: 'call_a', seal: { data: 'Z3cx' } },
              { kind: 'tool_call', id: 'call_b' },
            ],
          },
          {
            role: 'user',
            parts: [
              { kind: 'tool_result', id: 'call_a' },
              { kind: 'tool_result', id: 'call_b' },
            ],
          },
        ],
      },
    })
  })

  it('sees a fault in a stream', async () => {
    stream([...goldenEvents.slice(0, 5), { type: 'fault', fault: fault('overloaded', 'busy') }])
    const reading = client.models.generateContentStream(question).then(all)
    await expect(reading).rejects.toMatchObject({ message: expect.stringContaining('busy') })
  })

  it('sees a fault before the first byte', async () => {
    const written = gemini.client.writeFault(fault('rate_limit', 'slow down', { retryAfterMs: 1000 }), 'r')
    answer = { status: written.status, type: 'application/json', body: JSON.stringify(written.body) }
    await expect(client.models.generateContent(question)).rejects.toMatchObject({ status: 429 })
  })

  it('sees a refused prompt', async () => {
    const written = gemini.client.writeFault(fault('content_policy', 'no'), 'r')
    answer = { status: written.status, type: 'application/json', body: JSON.stringify(written.body) }
    const response = await client.models.generateContent(question)
    expect(response.promptFeedback?.blockReason).toBe('PROHIBITED_CONTENT')
  })
})
