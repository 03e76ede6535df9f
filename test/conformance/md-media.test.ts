import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dialects } from '../../src/dialects/index.ts'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { inlineMedia } from '../../src/relay/inline.ts'
import { fetchMedia } from '../../src/wire/dialer.ts'
import type { Json } from '../support/formats/format.ts'
import { at, errorOf, type Rig, startRig, translated, ways } from './rig/rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
beforeEach(() => rig.answer({ text: 'Hello.' }))
afterAll(() => rig.close())

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const pdf = Buffer.from('%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF').toString('base64')
const bmp = Buffer.from('BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00', 'latin1').toString(
  'base64',
)
const wav = Buffer.from('RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00', 'latin1').toString('base64')
const mp4 = Buffer.from('\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00', 'latin1').toString('base64')

const chat = (model: string, ...content: Json[]) =>
  rig.post('/v1/chat/completions', { model, messages: [{ role: 'user', content }] })
const messages = (model: string, ...content: Json[]) =>
  rig.post('/v1/messages', { model, max_tokens: 100, messages: [{ role: 'user', content }] })
const gemini = (model: string, ...parts: Json[]) =>
  rig.post(`/v1beta/models/${model}:generateContent`, { contents: [{ role: 'user', parts }] })

const media = (mime: string, data: string) => ({ kind: 'media', mime, data })

it.each(ways)('MD-01 %s to %s: a picture keeps its bytes and type', async (client, upstream) => {
  const { heard, lost } = await rig.ask(client, { model: at(upstream), turns: [{ user: 'What is this?', png }] })
  expect(heard.turns[0]?.parts).toEqual([media('image/png', png), { kind: 'text', text: 'What is this?' }])
  expect(lost).toEqual([])
})

it.each(ways)('MD-04 (T53) %s to %s: a PDF keeps its bytes and type', async (client, upstream) => {
  const { heard, body } = await rig.ask(client, { model: at(upstream), turns: [{ user: 'What is this?', pdf }] })
  expect(heard.turns[0]?.parts).toContainEqual(media('application/pdf', pdf))
  if (upstream === 'openai-chat')
    expect(body.messages[0].content[0].file).toEqual({
      file_data: `data:application/pdf;base64,${pdf}`,
      filename: expect.stringMatching(/\.pdf$/),
    })
})

describe('MD-02 (T93) addresses of pictures', () => {
  const far = 'https://example.com/a.png'
  const picture = (url: string) => ({ type: 'image_url', image_url: { url } })

  it.each(['anthropic-messages', 'openai-responses'] as const)('%s opens them by itself', async (upstream) => {
    const { raw } = await chat(at(upstream), picture(far))
    expect(raw).toContain(far)
  })

  it.each([
    'https://127.0.0.1/a.png',
    'https://[::1]/a.png',
    'https://localhost/a.png',
    'https://169.254.169.254/latest/meta-data',
    'http://example.com/a.png',
  ])('ours to fetch for Gemini, but not from %s', async (url) => {
    for (const [client, answer] of [
      ['openai-chat', await chat(at('gemini'), picture(url))],
      ['anthropic-messages', await messages(at('gemini'), { type: 'image', source: { type: 'url', url } })],
    ] as const) {
      expect(answer.status).toBe(400)
      expect(errorOf[client](JSON.parse(answer.text)).message).not.toBe('')
      expect(answer.sent).toBeUndefined()
    }
  })

  it('an address of another scheme is nothing that we open', async () => {
    const { body } = await chat(at('gemini'), picture('file:///etc/passwd'))
    expect(body.contents[0].parts).toEqual([{ fileData: { fileUri: 'file:///etc/passwd' } }])
  })

  const fromLoopback = (url: string) =>
    fetchMedia(url, { allowHttp: true, allow: (address) => address === '127.0.0.1' })

  async function inlined(listener: RequestListener) {
    const server = createServer(listener)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // Listening on a port of the loopback.
    const { port } = server.address() as AddressInfo
    const content = [picture(`http://127.0.0.1:${port}/a`)]
    const body = { model: 'm', messages: [{ role: 'user', content }] }
    const read = dialects['openai-chat'].client.readRequest({ body, headers: {} })
    if (!read.ok) throw new Error(read.fault.message)
    const done = await inlineMedia(read.value, () => true, fromLoopback)
    server.close()
    return done
  }

  it('a picture is fetched, its type read from its bytes', async () => {
    const done = await inlined((_, response) => {
      response.setHeader('content-type', 'text/plain')
      response.end(Buffer.from(png, 'base64'))
    })
    expect(done).toMatchObject({
      ok: true,
      value: { turns: [{ parts: [{ mime: 'image/png', source: { kind: 'base64', data: png } }] }] },
    })
  })

  it.each<[string, RequestListener]>([
    [
      'a redirect to a private address',
      (_, response) => response.writeHead(302, { location: 'http://10.0.0.1/a.png' }).end(),
    ],
    ['25 MB', (_, response) => response.end(Buffer.alloc(25 * 2 ** 20))],
    ['a page that is not there', (_, response) => response.writeHead(404).end('no')],
  ])('%s refuses the request', async (_, listener) => {
    expect(await inlined(listener)).toMatchObject({ ok: false, fault: { class: 'invalid' } })
  })
})

describe('MD-03 data URLs as people write them', () => {
  const sloppy: Record<string, string> = {
    'with white space': `data:image/png;base64,${png.slice(0, 20)}\n  ${png.slice(20)}`,
    'without padding': `data:image/png;base64,${png.replace(/=+$/, '')}`,
    'of the wrong type': `data:image/jpeg;base64,${png}`,
    'of no useful type': `data:application/octet-stream;base64,${png}`,
    'with parameters': `data:image/png;name=a.png;base64,${png}`,
  }
  describe.each(['anthropic-messages', 'openai-responses', 'gemini'] as const)('to %s', (upstream) => {
    it.each(Object.entries(sloppy))('%s', async (_, url) => {
      const { heard } = await chat(at(upstream), { type: 'image_url', image_url: { url } })
      expect(heard.turns[0]?.parts).toEqual([media('image/png', png)])
    })
  })
})

it('MD-05 the address of a PDF goes to a server that opens it, and is ours to fetch for one that does not', async () => {
  const document = (url: string) => ({ type: 'document', source: { type: 'url', url } })
  const { body } = await messages(at('openai-responses'), document('https://example.com/a.pdf'))
  expect(body.input[0].content).toMatchObject([{ type: 'input_file', file_url: 'https://example.com/a.pdf' }])
  const chatAnswer = await messages(at('openai-chat'), document('https://127.0.0.1/a.pdf'))
  expect(chatAnswer.status).toBe(400)
  expect(chatAnswer.text).toContain('could not be fetched')
})

it('MD-06 a document’s title and context become text, its citations are told as lost', async () => {
  const { heard, lost } = await messages(at('openai-chat'), {
    type: 'document',
    source: { type: 'text', media_type: 'text/plain', data: 'Grass is green.' },
    title: 'Colours',
    context: 'From a school book',
    citations: { enabled: true },
  })
  const said = heard.turns[0]?.parts.map(({ text }) => text).join('\n')
  expect(said).toMatch(/Colours[\s\S]*From a school book[\s\S]*Grass is green\./)
  expect(lost).toContain('citations')
})

describe('MD-07 sound', () => {
  const audio = { type: 'input_audio', input_audio: { data: wav, format: 'wav' } }
  it('is inline data to Gemini', async () => {
    const { heard } = await chat(at('gemini'), audio)
    expect(heard.turns[0]?.parts).toEqual([media('audio/wav', wav)])
  })
  it.each(['anthropic-messages', 'openai-responses'] as const)('is refused towards %s', async (upstream) => {
    const answer = await chat(at(upstream), audio)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('audio')
    expect(answer.sent).toBeUndefined()
  })
  it.each(['audio/wav', 'audio/x-wav'])(
    'of a Gemini client is input_audio to a chat upstream: %s',
    async (mimeType) => {
      const { body } = await gemini(at('openai-chat'), { inlineData: { mimeType, data: wav } })
      expect(body.messages[0].content).toEqual([audio])
    },
  )
})

describe('MD-08 film', () => {
  it('is inline data or a file to Gemini', async () => {
    const inline = await chat(at('gemini'), { type: 'video_url', video_url: { url: `data:video/mp4;base64,${mp4}` } })
    expect(inline.heard.turns[0]?.parts).toEqual([media('video/mp4', mp4)])
    const tube = 'https://www.youtube.com/watch?v=abc'
    const byAddress = await chat(at('gemini'), { type: 'video_url', video_url: { url: tube } })
    expect(byAddress.body.contents[0].parts[0].fileData).toMatchObject({ fileUri: tube })
  })
  it.each(['anthropic-messages', 'openai-responses'] as const)('is refused towards %s', async (upstream) => {
    const answer = await chat(at(upstream), { type: 'video_url', video_url: { url: `data:video/mp4;base64,${mp4}` } })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('video')
    expect(answer.sent).toBeUndefined()
  })
})

describe('MD-09 a stretch of a YouTube film', () => {
  const part = {
    fileData: { fileUri: 'https://www.youtube.com/watch?v=abc', mimeType: 'video/*' },
    videoMetadata: { startOffset: '10s', endOffset: '20.5s', fps: 2 },
  }
  it('reaches Gemini as it is', async () => {
    expect((await gemini(at('gemini'), part)).body.contents[0].parts).toEqual([part])
  })
  it.each(['openai-chat', 'openai-responses', 'anthropic-messages'] as const)(
    'is refused towards %s',
    async (upstream) => {
      const answer = await gemini(at(upstream), part)
      expect(answer.status).toBe(400)
      expect(answer.sent).toBeUndefined()
    },
  )
})

it.each(['openai-chat', 'openai-responses', 'gemini'] as const)(
  'MD-10 a file that Anthropic keeps cannot be opened by %s',
  async (upstream) => {
    for (const type of ['image', 'document']) {
      const answer = await messages(at(upstream), {
        type,
        source: { type: 'file', file_id: 'file_011CNha8iCJcU1wXNR6q4V8w' },
      })
      expect(answer.status).toBe(400)
      expect(errorOf['anthropic-messages'](JSON.parse(answer.text)).kind).toBe('error invalid_request_error')
      expect(answer.sent).toBeUndefined()
    }
  },
)

it.each(['openai-chat', 'gemini'] as const)(
  'MD-11 a bmp of %s is refused towards Anthropic in clear words',
  async (client) => {
    const model = at('anthropic-messages')
    const answer =
      client === 'gemini'
        ? await gemini(model, { inlineData: { mimeType: 'image/bmp', data: bmp } })
        : await chat(model, { type: 'image_url', image_url: { url: `data:image/bmp;base64,${bmp}` } })
    expect(answer.status).toBe(400)
    expect(errorOf[client](JSON.parse(answer.text)).message).toMatch(/jpeg, png, gif or webp/)
    expect(answer.sent).toBeUndefined()
  },
)

describe.each([false, true])('answers with media, stream: %s', (stream) => {
  const geminiSays = (...parts: Json[]) =>
    rig.answer((response) => {
      const body = {
        candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }],
        usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 },
      }
      response.setHeader('content-type', stream ? 'text/event-stream' : 'application/json')
      response.end(stream ? `data: ${JSON.stringify(body)}\n\n` : JSON.stringify(body))
    })

  const shown: Record<DialectId, RegExp> = {
    'openai-chat': new RegExp(`"images":\\[\\{[^\\]]*data:image/png;base64,${pattern(png)}`),
    'openai-responses': new RegExp(`"type":"image_generation_call"[^}]*"result":"${pattern(png)}"`),
    // Anthropic has no picture in an answer: a link stands for it.
    'anthropic-messages': new RegExp(`!\\[image\\]\\(data:image/png;base64,${pattern(png)}\\)`),
    gemini: new RegExp(`"inlineData":\\{[^}]*"data":"${pattern(png)}"`),
  }
  it.each(dialectIds)('MD-12 a picture that Gemini paints is seen by %s', async (client) => {
    geminiSays({ text: 'Look: ' }, { inlineData: { mimeType: 'image/png', data: png } })
    const answer = await rig.ask(client, { model: at('gemini'), stream, turns: [{ user: 'Paint' }] })
    expect(answer.text).toMatch(shown[client])
    expect(answer.view.text).toContain('Look: ')
    expect(answer.view.stop).toBe('end')
  })

  it('MD-13 what Gemini speaks is told to a chat client', async () => {
    const pcm = Buffer.from('0102030405060708', 'hex').toString('base64')
    geminiSays({ inlineData: { mimeType: 'audio/L16;codec=pcm;rate=24000', data: pcm } })
    const answer = await rig.ask(
      'openai-chat',
      { model: at('gemini'), stream, turns: [{ user: 'Speak' }] },
      { modalities: ['text', 'audio'], audio: { voice: 'marin', format: stream ? 'pcm16' : 'wav' } },
    )
    expect(answer.body.generationConfig.responseModalities).toEqual(['AUDIO'])
    // Each vendor has voices of its own.
    expect(answer.lost).toContain('audio.voice')
    const audio = stream ? chunked(answer.text) : JSON.parse(answer.text).choices[0].message.audio
    expect(audio.transcript).toEqual(expect.any(String))
    const bytes = Buffer.from(audio.data, 'base64')
    if (stream) return expect(bytes.toString('hex')).toBe('0102030405060708')
    expect(bytes.subarray(0, 4).toString()).toBe('RIFF')
    expect(bytes.subarray(-8).toString('hex')).toBe('0102030405060708')
    expect(bytes.readUInt32LE(24)).toBe(24_000)
  })
})

function chunked(text: string): Json {
  const audios = text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .flatMap((line) => JSON.parse(line.slice(6)).choices[0]?.delta.audio ?? [])
  return {
    data: audios.map(({ data = '' }) => data).join(''),
    transcript: audios.map(({ transcript = '' }) => transcript).join(''),
  }
}

function pattern(text: string): string {
  return text.replaceAll(/[+/]/g, '\\$&')
}

it.each(translated)('MD-01 (T85) %s to %s: no field of one format reaches another', async (client, upstream) => {
  const { raw } = await rig.ask(client, { model: at(upstream), turns: [{ user: 'What is this?', png, pdf }] })
  const foreign: Record<DialectId, RegExp> = {
    'anthropic-messages': /"(image_url|input_image|inlineData|file_data)"/,
    'openai-chat': /"(input_image|inlineData|media_type)"/,
    'openai-responses': /"(inlineData|media_type|type":"image_url)"/,
    gemini: /"(image_url|input_image|media_type|file_data)"/,
  }
  expect(raw).not.toMatch(foreign[upstream])
})
