import {
  ApiError,
  type CallableTool,
  type Content,
  type FunctionCall,
  type GenerateContentConfig,
  type GenerateContentParameters,
  GoogleGenAI,
  type Part,
  Type,
} from '@google/genai'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { key, via } from '../support/gateway.ts'
import { collect } from './collect.ts'
import {
  breaks,
  endless,
  errands,
  type Failure,
  failures,
  pdf,
  png,
  schema,
  seenPdf,
  seenPng,
  tooLong,
  tools,
} from './errand.ts'
import { expectOwnState, type Stage, startStage } from './stage.ts'
import { upstreams } from './upstreams.ts'

let stage: Stage
let client: GoogleGenAI
const connect = (apiKey: string) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: stage.url } })

beforeAll(async () => {
  // It warns whenever `text` is asked of an answer that holds calls as well.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  stage = await startStage()
  client = connect(key)
})
afterAll(async () => {
  vi.restoreAllMocks()
  await stage.close()
})

/** An answer, however it came: a stream's parts in a row. */
interface Answer {
  readonly parts: readonly Part[]
  readonly text: string
  readonly calls: readonly FunctionCall[]
  readonly finish: string | undefined
  readonly model: string | undefined
  readonly usage:
    | {
        readonly promptTokenCount?: number
        readonly candidatesTokenCount?: number
        readonly thoughtsTokenCount?: number
      }
    | undefined
  /** As the SDK's own chats put it into their history: every chunk a content. */
  readonly history: Content[]
}

type Form = (asked: GenerateContentParameters) => Promise<Answer>
type Ask = (
  contents: GenerateContentParameters['contents'],
  config?: GenerateContentConfig,
  model?: string,
) => Promise<Answer>

const forms: Record<string, Form> = {
  generateContent: async (asked) => answerOf([await client.models.generateContent(asked)]),
  generateContentStream: async (asked) => answerOf(await collect(await client.models.generateContentStream(asked))),
}

function answerOf(chunks: readonly Awaited<ReturnType<GoogleGenAI['models']['generateContent']>>[]): Answer {
  const history = chunks.flatMap(({ candidates }) => candidates?.[0]?.content ?? [])
  const parts = history.flatMap((content) => content.parts ?? [])
  const last = chunks.at(-1)
  return {
    parts,
    text: parts.map(({ text, thought }) => (thought ? '' : (text ?? ''))).join(''),
    calls: parts.flatMap(({ functionCall }) => functionCall ?? []),
    finish: last?.candidates?.[0]?.finishReason,
    model: last?.modelVersion,
    usage: last?.usageMetadata,
    history,
  }
}

const definitions = [
  { functionDeclarations: tools.map(({ name, description }) => ({ name, description, parametersJsonSchema: schema })) },
]
const says = (...parts: Part[]): Content[] => [{ role: 'user', parts }]

const resultOf = ({ id, name, args }: FunctionCall): Part => ({
  functionResponse: {
    ...(id !== undefined && { id }),
    name: name ?? '',
    // The sandbox calls with what it was told to, which fits the schema.
    response: { output: tools.find((tool) => tool.name === name)?.run(args as { city: string }) },
  },
})

/** The history with an answer as it came, and the results of its calls. */
const answered = (contents: Content[], { history, calls }: Answer): Content[] => [
  ...contents,
  ...history,
  { role: 'user', parts: calls.map(resultOf) },
]

interface Talk {
  readonly upstream: DialectId
  readonly model: string
  readonly ask: Ask
}

const scenarios: Record<string, (talk: Talk) => Promise<void>> = {
  'answers with text and usage': async ({ ask, upstream, model }) => {
    const answer = await ask('Say hello, 你好 👋🏽.', { systemInstruction: 'Be brief.' })
    expect(answer).toMatchObject({ model, finish: 'STOP', text: expect.stringContaining('你好 👋🏽') })
    expect(answer.usage?.promptTokenCount).toBeGreaterThan(5)
    expect(answer.usage?.candidatesTokenCount).toBeGreaterThan(5)
    expect(stage.takeSeen().map(({ path }) => path)).toEqual([expect.stringMatching(upstreams[upstream].path)])
  },
  'calls a tool and reads its result': async ({ ask }) => {
    const first = await ask(errands.one, { tools: definitions })
    expect(first).toMatchObject({ finish: 'STOP', calls: [{ name: 'get_weather', args: { city: 'Oslo' } }] })
    const second = await ask(answered(says({ text: errands.one }), first), { tools: definitions })
    expect(second.text).toContain('Snow in Oslo')
  },
  'calls two tools at once': async ({ ask }) => {
    const first = await ask(errands.parallel, { tools: definitions })
    expect(first.calls).toMatchObject([
      { name: 'get_weather', args: { city: 'Oslo' } },
      { name: 'get_time', args: { city: 'Rome' } },
    ])
    const second = await ask(answered(says({ text: errands.parallel }), first), { tools: definitions })
    expect(second.text).toMatch(/Snow in Oslo.*Noon in Rome/)
  },
  'thinks, calls, and gets its thoughts back': async ({ ask, upstream }) => {
    const config = { thinkingConfig: { includeThoughts: true }, tools: definitions }
    let contents = says({ text: errands.steps })
    const calls: unknown[] = []
    stage.takeSeen()
    for (const _ of ['Oslo', 'Rome']) {
      const answer = await ask(contents, config, 'sandbox-thinker')
      expect(answer.parts[0]).toMatchObject({ thought: true, text: expect.stringMatching(/\w/) })
      expect(answer.usage?.thoughtsTokenCount).toBeGreaterThan(0)
      calls.push(...answer.calls.map(({ args }) => args))
      if (calls.length === 2) expectOwnState(stage.takeSeen(), upstream)
      contents = answered(contents, answer)
    }
    const last = await ask(contents, config, 'sandbox-thinker')
    expect(calls).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
    expect(last.text).toContain('Noon in Rome')
  },
  'gets thoughts back that nobody may read': async ({ ask, upstream }) => {
    const config = { thinkingConfig: { includeThoughts: true }, tools: definitions }
    const contents = says({ text: `${errands.one} sandbox: think=redacted` })
    const first = await ask(contents, config, 'sandbox-thinker')
    stage.takeSeen()
    const second = await ask(answered(contents, first), config, 'sandbox-thinker')
    expect(second.text).toContain('Snow in Oslo')
    expectOwnState(stage.takeSeen(), upstream)
  },
  'sees a picture': async ({ ask }) => {
    const picture = { inlineData: { mimeType: 'image/png', data: png } }
    expect((await ask(says(picture, { text: 'What is it?' }), {}, 'sandbox-vision')).text).toContain(seenPng)
  },
  'reads a PDF': async ({ ask }) => {
    const document = { inlineData: { mimeType: 'application/pdf', data: pdf } }
    expect((await ask(says(document, { text: 'What is it?' }), {}, 'sandbox-vision')).text).toContain(seenPdf)
  },
  'answers by a schema': async ({ ask }) => {
    const config = { responseMimeType: 'application/json', responseJsonSchema: schema }
    expect(JSON.parse((await ask('Where is it cold?', config)).text)).toEqual({ city: expect.any(String) })
  },
  'chooses from an enumeration': async ({ ask }) => {
    const responseSchema = { type: Type.STRING, enum: ['red', 'blue'] }
    expect((await ask('Which?', { responseMimeType: 'text/x.enum', responseSchema })).text).toBe('red')
  },
  'stops at its limit': async ({ ask }) => {
    expect((await ask('sandbox: words=200', { maxOutputTokens: 16 })).finish).toBe('MAX_TOKENS')
  },
  'stops at a stop sequence': async ({ ask }) => {
    const answer = await ask('sandbox: words=200', { stopSequences: ['word7'] })
    expect(answer).toMatchObject({ finish: 'STOP', text: 'word1 word2 word3 word4 word5 word6 ' })
  },
}

/** The HTTP status that each failure of an upstream becomes: never the client's own account, never a page. */
const told: Record<Failure, number> = {
  'refuses the request': 400,
  'refuses our account': 502,
  'wants to be paid': 502,
  'limits the rate': 429,
  'has a bug': 500,
  'is a broken proxy': 502,
  'is unavailable': 503,
  'is overloaded': 503,
  'answers a page': 502,
  'answers an error as a success': 500,
  'answers garbage': 502,
  'hangs up at once': 502,
}

/** The SDK's own tool runner calls these by itself. */
function callable(ran: unknown[]): CallableTool {
  return {
    tool: async () => definitions[0] ?? {},
    callTool: async (calls) => {
      ran.push(...calls.map(({ args }) => args))
      return calls.map(resultOf)
    },
  }
}

describe.each(dialectIds)('a client of Gemini and an upstream of %s', (upstream) => {
  const model = via(upstream)

  describe.each(Object.entries(forms))('%s', (_, form) => {
    const ask: Ask = (contents, config = {}, wanted) => form({ model: via(upstream, wanted), contents, config })

    it.each(Object.entries(scenarios))('%s', async (_, scenario) => {
      stage.takeSeen()
      await scenario({ upstream, model, ask })
    })
    it.each(Object.entries(told))('throws when the upstream %s', async (failure, status) => {
      // The keys of the table are failures.
      const thrown = await ask(failures[failure as Failure]).catch((error: unknown) => error)
      expect(thrown).toBeInstanceOf(ApiError)
      expect(thrown).toMatchObject({ status })
    })
    it.each(Object.entries(breaks))('never returns half an answer when the upstream %s', async (_, text) => {
      await expect(ask(text)).rejects.toBeInstanceOf(Error)
    })
    it('runs tools until there is an answer', async () => {
      const ran: unknown[] = []
      const answer = await ask(errands.steps, { tools: [callable(ran)] })
      expect(ran).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
      expect(answer.text).toContain('Noon in Rome')
    })
    it('stops the upstream when the client does not wait', async () => {
      const [asked, aborted] = [stage.next('asked'), stage.next('aborted')]
      const leaving = new AbortController()
      const asking = ask('sandbox:fail=silence', { abortSignal: leaving.signal })
      await asked
      leaving.abort()
      await expect(asking).rejects.toThrow(/abort/i)
      await aborted
    })
  })

  it('gives several answers, or says that it does not', async () => {
    const asking = client.models.generateContent({ model, contents: 'Hi', config: { candidateCount: 2 } })
    if (upstreams[upstream].givesSeveral) expect((await asking).candidates).toHaveLength(2)
    else await expect(asking).rejects.toMatchObject({ status: 400 })
  })
  it('says that a prompt is too long in the words that clients look for', async () => {
    const asking = client.models.generateContent({ model, contents: tooLong })
    await expect(asking).rejects.toThrow(
      /input token count \(\d+\) exceeds the maximum number of tokens allowed \(200000\)/,
    )
  })
  it('does not take a shortened body for an answer', async () => {
    const asking = client.models.generateContent({ model, contents: 'sandbox:fail=short' })
    await expect(asking).rejects.toMatchObject({ status: 502 })
  })
  it.each([false, true])('keeps a chat with thoughts and calls, stream: %s', async (isStream) => {
    const config = { tools: definitions, thinkingConfig: { includeThoughts: true } }
    const chat = client.chats.create({ model: via(upstream, 'sandbox-thinker'), config })
    const send = async (message: string | Part[]) =>
      answerOf(
        isStream ? await collect(await chat.sendMessageStream({ message })) : [await chat.sendMessage({ message })],
      )
    stage.takeSeen()
    const first = await send(errands.parallel)
    expect(first.calls).toHaveLength(2)
    const second = await send(first.calls.map(resultOf))
    expect(second.text).toMatch(/Snow in Oslo.*Noon in Rome/)
    expectOwnState(stage.takeSeen(), upstream)
    expect((await send('Thanks.')).text).toContain('Thanks.')
    // A turn that the SDK takes for invalid vanishes from here.
    expect(chat.getHistory(true).filter(({ role }) => role === 'user')).toHaveLength(3)
  })
  it('stops the upstream when the client has heard enough', async () => {
    const aborted = stage.next('aborted')
    const leaving = new AbortController()
    const config = { abortSignal: leaving.signal }
    const stream = await client.models.generateContentStream({ model, contents: endless, config })
    const hearing = async () => {
      for await (const _ of stream) leaving.abort()
    }
    await expect(hearing()).rejects.toThrow(/abort/i)
    await aborted
  })
  it('counts tokens', async () => {
    const { totalTokens } = await client.models.countTokens({ model, contents: 'one two three' })
    expect(totalTokens).toBeGreaterThan(2)
  })
})

describe('a client of Gemini', () => {
  it('lists models and knows each', async () => {
    const listed = (await collect(await client.models.list())).map(({ name }) => name)
    expect(listed).toEqual(expect.arrayContaining(dialectIds.map((upstream) => `models/${via(upstream)}`)))
    const name = via('openai-chat', 'sandbox-thinker')
    expect(await client.models.get({ model: name })).toMatchObject({ name: `models/${name}` })
    await expect(client.models.get({ model: 'nobody' })).rejects.toMatchObject({ status: 404 })
  })
  it('is refused as a stranger, with unknown models and wrong requests', async () => {
    const asked = { model: via('openai-chat'), contents: 'Hi' }
    await expect(connect('sk-nobody').models.generateContent(asked)).rejects.toMatchObject({ status: 401 })
    await expect(client.models.generateContent({ ...asked, model: 'nobody' })).rejects.toMatchObject({ status: 404 })
    const wrong = client.models.generateContent({ ...asked, config: { temperature: 'hot' as never } })
    await expect(wrong).rejects.toMatchObject({ status: 400 })
  })
  it('is asked again where the SDK retries', async () => {
    const retryOptions = { attempts: 2, initialDelay: 0.01, jitter: 0 }
    stage.takeSeen()
    const asking = client.models.generateContent({
      model: via('openai-chat'),
      contents: 'sandbox:fail=429',
      config: { httpOptions: { retryOptions } },
    })
    await expect(asking).rejects.toMatchObject({ status: 429 })
    expect(stage.takeSeen()).toHaveLength(2)
  })
})
