import Anthropic from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema'
import OldAnthropic from 'anthropic-sdk-0137'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.close())

/** The newest and the last of the old line, which differ in how they name the key and in the version that they speak. */
const sdks: Record<string, typeof Anthropic> = {
  'sdk 1.12': Anthropic,
  // Older, but all that is called here is in both and of the same shape.
  'sdk 0.137': OldAnthropic as unknown as typeof Anthropic,
}

/** How an answer is asked for: both ways must come to the same. */
type Ask = (more: Omit<Asked, 'max_tokens' | 'model'>, model?: string) => Promise<Anthropic.Message>
type Asked = Anthropic.MessageCreateParamsNonStreaming

interface Talk {
  readonly client: Anthropic
  readonly sdk: typeof Anthropic
  readonly upstream: DialectId
  readonly model: string
  readonly ask: Ask
}

const forms: Record<string, (client: Anthropic, asked: Asked) => Promise<Anthropic.Message>> = {
  create: (client, asked) => client.messages.create(asked),
  stream: (client, asked) => client.messages.stream(asked).finalMessage(),
}

const definitions = tools.map(({ name, description }) => ({ name, description, input_schema: schema }))
const says = (content: Anthropic.MessageParam['content']): Anthropic.MessageParam[] => [{ role: 'user', content }]
const textOf = ({ content }: Anthropic.Message) =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('')
const callsOf = ({ content }: Anthropic.Message) => content.filter((block) => block.type === 'tool_use')

/** The history with an answer as it came, and the results of its calls. */
function answered(messages: Anthropic.MessageParam[], message: Anthropic.Message): Anthropic.MessageParam[] {
  const results = callsOf(message).map(({ id, name, input }) => ({
    type: 'tool_result' as const,
    tool_use_id: id,
    // The sandbox calls with what it was told to, which fits the schema.
    content: tools.find((tool) => tool.name === name)?.run(input as { city: string }) ?? 'unknown tool',
  }))
  return [...messages, { role: 'assistant', content: message.content }, { role: 'user', content: results }]
}

const scenarios: Record<string, (talk: Talk) => Promise<void>> = {
  'answers with text and usage': async ({ ask, upstream, model }) => {
    const message = await ask({ system: 'Be brief.', messages: says('Say hello, 你好 👋🏽.') })
    expect(message).toMatchObject({ type: 'message', role: 'assistant', model, stop_reason: 'end_turn' })
    expect(message.content).toMatchObject([{ type: 'text', text: expect.stringContaining('你好 👋🏽') }])
    expect(message.usage.input_tokens).toBeGreaterThan(5)
    expect(message.usage.output_tokens).toBeGreaterThan(5)
    expect(stage.takeSeen().map(({ path }) => path)).toEqual([expect.stringMatching(upstreams[upstream].path)])
  },
  'calls a tool and reads its result': async ({ ask }) => {
    const first = await ask({ messages: says(errands.one), tools: definitions })
    expect(first.stop_reason).toBe('tool_use')
    expect(callsOf(first)).toMatchObject([{ name: 'get_weather', input: { city: 'Oslo' } }])
    const second = await ask({ messages: answered(says(errands.one), first), tools: definitions })
    expect(second.stop_reason).toBe('end_turn')
    expect(textOf(second)).toContain('Snow in Oslo')
  },
  'calls two tools at once': async ({ ask }) => {
    const first = await ask({ messages: says(errands.parallel), tools: definitions })
    expect(callsOf(first)).toMatchObject([
      { name: 'get_weather', input: { city: 'Oslo' } },
      { name: 'get_time', input: { city: 'Rome' } },
    ])
    const second = await ask({ messages: answered(says(errands.parallel), first), tools: definitions })
    expect(textOf(second)).toMatch(/Snow in Oslo.*Noon in Rome/)
  },
  'calls one tool at a time when told to': async ({ ask }) => {
    const choice = { type: 'any' as const, disable_parallel_tool_use: true }
    const message = await ask({ messages: says(errands.parallel), tools: definitions, tool_choice: choice })
    expect(callsOf(message)).toHaveLength(1)
  },
  'thinks, calls, and gets its thoughts back': async ({ ask, upstream }) => {
    const asked = { thinking: { type: 'enabled' as const, budget_tokens: 1024 }, tools: definitions }
    let messages = says(errands.steps)
    const calls: unknown[] = []
    stage.takeSeen()
    for (const _ of ['Oslo', 'Rome']) {
      const message = await ask({ ...asked, messages }, 'sandbox-thinker')
      expect(message.content[0]).toMatchObject({ type: 'thinking', thinking: expect.stringMatching(/\w/) })
      calls.push(...callsOf(message).map(({ input }) => input))
      if (calls.length === 2) expectOwnState(stage.takeSeen(), upstream)
      messages = answered(messages, message)
    }
    const last = await ask({ ...asked, messages }, 'sandbox-thinker')
    expect(calls).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
    expect(textOf(last)).toContain('Noon in Rome')
  },
  'gets thoughts back that nobody may read': async ({ ask, upstream }) => {
    const asked = { thinking: { type: 'enabled' as const, budget_tokens: 1024 }, tools: definitions }
    const messages = says(`${errands.one} sandbox: think=redacted`)
    const first = await ask({ ...asked, messages }, 'sandbox-thinker')
    stage.takeSeen()
    const second = await ask({ ...asked, messages: answered(messages, first) }, 'sandbox-thinker')
    expect(textOf(second)).toContain('Snow in Oslo')
    expectOwnState(stage.takeSeen(), upstream)
  },
  'tells what was read from a cache': async ({ ask }) => {
    const { usage } = await ask({ messages: says('Say hello to everybody. sandbox: cached=7') })
    expect(usage.cache_read_input_tokens).toBe(7)
    expect(usage.input_tokens).toBeGreaterThan(0)
  },
  'sees a picture': async ({ ask }) => {
    const source = { type: 'base64' as const, media_type: 'image/png' as const, data: png }
    const message = await ask({ messages: says([{ type: 'image', source }]) }, 'sandbox-vision')
    expect(textOf(message)).toContain(seenPng)
  },
  'reads a PDF': async ({ ask }) => {
    const source = { type: 'base64' as const, media_type: 'application/pdf' as const, data: pdf }
    const content = [
      { type: 'document' as const, source },
      { type: 'text' as const, text: 'What is it?' },
    ]
    expect(textOf(await ask({ messages: says(content) }, 'sandbox-vision'))).toContain(seenPdf)
  },
  'stops at its limit': async ({ client, model }) => {
    const asked = { model, max_tokens: 16, messages: says('sandbox: words=200') }
    expect((await client.messages.create(asked)).stop_reason).toBe('max_tokens')
  },
  'stops at a stop sequence': async ({ ask, upstream }) => {
    const asked = { messages: says('sandbox: words=200'), stop_sequences: ['word7'] }
    const expected = namesStop[upstream]
      ? { stop_reason: 'stop_sequence', stop_sequence: 'word7' }
      : { stop_reason: 'end_turn', stop_sequence: null }
    expect(await ask(asked)).toMatchObject({ content: [{ text: 'word1 word2 word3 word4 word5 word6 ' }], ...expected })
  },
}

/** Whether an upstream says which sequence it stopped at: two formats do not, one knows none and is stopped by us. */
const namesStop: Record<DialectId, boolean> = {
  'anthropic-messages': true,
  'openai-chat': false,
  'openai-responses': true,
  gemini: false,
}

/** What each failure of an upstream becomes: never the client's own account, never a page. */
const told: Record<Failure, readonly [name: keyof typeof Anthropic, status: number]> = {
  'refuses the request': ['BadRequestError', 400],
  'refuses our account': ['InternalServerError', 502],
  'wants to be paid': ['InternalServerError', 502],
  'limits the rate': ['RateLimitError', 429],
  'has a bug': ['InternalServerError', 500],
  'is a broken proxy': ['InternalServerError', 502],
  'is unavailable': ['InternalServerError', 529],
  'is overloaded': ['InternalServerError', 529],
  'answers a page': ['InternalServerError', 502],
  'answers an error as a success': ['InternalServerError', 500],
  'answers garbage': ['InternalServerError', 502],
  'hangs up at once': ['InternalServerError', 502],
}

describe.each(Object.entries(sdks))('%s', (_, sdk) => {
  const options = () => ({ apiKey: key, baseURL: stage.url, maxRetries: 0 })

  describe.each(dialectIds)('and an upstream of %s', (upstream) => {
    const model = via(upstream)
    const asks = (form: string): Ask => {
      const client = new sdk(options())
      return async (more, wanted) => {
        const answer = await forms[form]?.(client, { model: via(upstream, wanted), max_tokens: 4096, ...more })
        if (!answer) throw new Error(`no form ${form}`)
        return answer
      }
    }

    describe.each(Object.keys(forms))('%s', (form) => {
      it.each(Object.entries(scenarios))('%s', async (_, scenario) => {
        stage.takeSeen()
        await scenario({ client: new sdk(options()), sdk, upstream, model, ask: asks(form) })
      })
      it.each(Object.entries(told))('throws when the upstream %s', async (failure, [name, status]) => {
        // The keys of the table are failures.
        const asking = asks(form)({ messages: says(failures[failure as Failure]) })
        const thrown = await asking.catch((error: unknown) => error)
        expect(thrown).toBeInstanceOf(sdk[name])
        expect(thrown).toMatchObject({ status, requestID: expect.stringMatching(/^req_/) })
      })
      it.each(Object.entries(breaks))('never returns half an answer when the upstream %s', async (_, text) => {
        await expect(asks(form)({ messages: says(text) })).rejects.toBeInstanceOf(sdk.APIError)
      })
    })

    it('says that a prompt is too long in the words that clients look for', async () => {
      const asking = asks('stream')({ messages: says(tooLong) })
      await expect(asking).rejects.toThrow(/prompt is too long: \d+ tokens > 200000 maximum/)
    })
    it('does not take a shortened body for an answer', async () => {
      await expect(asks('create')({ messages: says('sandbox:fail=short') })).rejects.toMatchObject({ status: 502 })
    })
    it('streams event by event', async () => {
      const asked = { model, max_tokens: 99, messages: says('sandbox: words=5') }
      const events = await collect(await new sdk(options()).messages.create({ ...asked, stream: true }))
      expect(events[0]?.type).toBe('message_start')
      expect(events.at(-1)?.type).toBe('message_stop')
    })
    it('parses an answer by its schema', async () => {
      const format = jsonSchemaOutputFormat(schema)
      const asked = { model, max_tokens: 999, messages: says('Where is it cold?'), output_config: { format } }
      const { messages } = new sdk(options())
      const expected = { parsed_output: { city: expect.any(String) } }
      expect(await messages.parse(asked)).toMatchObject(expected)
      expect(await messages.stream(asked).finalMessage()).toMatchObject(expected)
    })
    it('counts tokens', async () => {
      const counted = await new sdk(options()).messages.countTokens({
        model,
        messages: says('one two three'),
        tools: [],
      })
      expect(counted.input_tokens).toBeGreaterThan(2)
    })
    it.each([false, true])('runs tools until there is an answer, stream: %s', async (stream) => {
      const ran: unknown[] = []
      const runnable = tools.map(({ name, description, run }) =>
        betaTool({
          name,
          description,
          inputSchema: schema,
          run: ({ city }) => {
            ran.push(city)
            return run({ city: String(city) })
          },
        }),
      )
      const asked = { model, max_tokens: 999, messages: says(errands.steps), tools: runnable, stream }
      const last = await new sdk(options()).beta.messages.toolRunner(asked).runUntilDone()
      expect(ran).toEqual(['Oslo', 'Rome'])
      expect(last.content).toMatchObject([{ type: 'text', text: expect.stringContaining('Noon in Rome') }])
    })
    it('stops the upstream when the client has heard enough', async () => {
      const aborted = stage.next('aborted')
      const stream = new sdk(options()).messages.stream({ model, max_tokens: 60_000, messages: says(endless) })
      stream.once('text', () => stream.abort())
      await expect(stream.finalMessage()).rejects.toBeInstanceOf(sdk.APIUserAbortError)
      await aborted
    })
    it('stops the upstream when the client does not wait', async () => {
      const aborted = stage.next('aborted')
      const isAsked = stage.next('asked')
      const leaving = new AbortController()
      const asked = { model, max_tokens: 99, messages: says('sandbox:fail=silence') }
      const asking = new sdk(options()).messages.create(asked, { signal: leaving.signal })
      await isAsked
      leaving.abort()
      await expect(asking).rejects.toBeInstanceOf(sdk.APIUserAbortError)
      await aborted
    })
  })

  it('lists models, page by page, and knows each', async () => {
    const { models } = new sdk(options())
    const listed = (await collect(await models.list({ limit: 3 }))).map(({ id }) => id)
    expect(listed).toEqual(expect.arrayContaining(dialectIds.map((upstream) => via(upstream))))
    const model = via('gemini', 'sandbox-thinker')
    expect(await models.retrieve(model)).toMatchObject({ id: model, type: 'model' })
    await expect(models.retrieve('nobody')).rejects.toBeInstanceOf(sdk.NotFoundError)
  })
  it('refuses strangers, unknown models and wrong requests', async () => {
    const asked = { model: via('openai-chat'), max_tokens: 9, messages: says('Hi') }
    const stranger = new sdk({ ...options(), apiKey: 'sk-nobody' })
    await expect(stranger.messages.create(asked)).rejects.toBeInstanceOf(sdk.AuthenticationError)
    const { messages } = new sdk(options())
    await expect(messages.create({ ...asked, model: 'nobody' })).rejects.toBeInstanceOf(sdk.NotFoundError)
    const wrong = { ...asked, messages: 'Hi' as never }
    await expect(messages.create(wrong)).rejects.toBeInstanceOf(sdk.BadRequestError)
  })
  it('is asked again where the SDK retries', async () => {
    const client = new sdk({ ...options(), maxRetries: 1 })
    stage.takeSeen()
    const asking = client.messages.create({
      model: via('openai-chat'),
      max_tokens: 9,
      messages: says('sandbox:fail=429'),
    })
    await expect(asking).rejects.toMatchObject({ status: 429 })
    expect(stage.takeSeen()).toHaveLength(2)
  })
})

describe.each(dialectIds)('a message thread of sdk 1.12 and an upstream of %s', (upstream) => {
  const begin = (more: { unsupportedRequestBehavior?: 'continue_unthreaded' }) => {
    const client = new Anthropic({ apiKey: key, baseURL: stage.url, maxRetries: 0 })
    return client.beta.messages.thread({ model: via(upstream), max_tokens: 999, ...more })
  }

  it('is told that nobody holds it', async () => {
    await expect(begin({}).send(says('My name is Ada.'))).rejects.toMatchObject({
      status: 400,
      error: { error: { details: { error_code: 'thread_unsupported_request' } } },
    })
  })
  it('goes on with its whole history instead', async () => {
    const thread = begin({ unsupportedRequestBehavior: 'continue_unthreaded' })
    await thread.send(says('My name is Ada.'))
    stage.takeSeen()
    expect((await thread.send(says('And mine is Bo.'))).content).toMatchObject([
      { text: expect.stringContaining('Bo') },
    ])
    expect(JSON.stringify(stage.takeSeen().at(-1)?.body)).toContain('My name is Ada.')
  })
})
