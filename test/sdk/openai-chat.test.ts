import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import OldOpenAI from 'openai-6'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import type { Json } from '../support/formats/format.ts'
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

const sdks: Record<string, typeof OpenAI> = {
  'openai 7': OpenAI,
  // Older, but all that is called here is in both and of the same shape.
  'openai 6': OldOpenAI as unknown as typeof OpenAI,
}

type Asked = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'>
type Messages = OpenAI.ChatCompletionMessageParam[]
type Ask = (more: Omit<Asked, 'model'>, model?: string) => Promise<OpenAI.ChatCompletion>

interface Talk {
  readonly client: OpenAI
  readonly upstream: DialectId
  readonly model: string
  readonly ask: Ask
}

const forms: Record<string, (client: OpenAI, asked: Asked) => Promise<OpenAI.ChatCompletion>> = {
  create: (client, asked) => client.chat.completions.create(asked),
  stream: (client, asked) =>
    client.chat.completions.stream({ ...asked, stream_options: { include_usage: true } }).finalChatCompletion(),
}

const definitions = tools.map(({ name, description }) => ({
  type: 'function' as const,
  function: { name, description, parameters: schema },
}))
const says = (content: string | OpenAI.ChatCompletionContentPart[]): Messages => [{ role: 'user', content }]

function messageOf({ choices: [choice] }: OpenAI.ChatCompletion): OpenAI.ChatCompletionMessage {
  if (!choice) throw new Error('no choice')
  return choice.message
}

const callsOf = (completion: OpenAI.ChatCompletion) =>
  (messageOf(completion).tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []))

/** The history with an answer as it came, and the results of its calls. */
function answered(messages: Messages, completion: OpenAI.ChatCompletion): Messages {
  const results = callsOf(completion).map((call) => ({
    role: 'tool' as const,
    tool_call_id: call.id,
    content: tools.find(({ name }) => name === call.function.name)?.run(JSON.parse(call.function.arguments)) ?? '?',
  }))
  return [...messages, messageOf(completion), ...results]
}

const scenarios: Record<string, (talk: Talk) => Promise<void>> = {
  'answers with text and usage': async ({ ask, upstream, model }) => {
    const developer = { role: 'developer' as const, content: 'Be brief.' }
    const completion = await ask({ messages: [developer, ...says('Say hello, 你好 👋🏽.')] })
    expect(completion).toMatchObject({ object: 'chat.completion', model, choices: [{ finish_reason: 'stop' }] })
    expect(messageOf(completion)).toMatchObject({ role: 'assistant', content: expect.stringContaining('你好 👋🏽') })
    expect(completion.usage?.prompt_tokens).toBeGreaterThan(5)
    expect(completion.usage?.completion_tokens).toBeGreaterThan(5)
    expect(stage.takeSeen().map(({ path }) => path)).toEqual([expect.stringMatching(upstreams[upstream].path)])
  },
  'calls a tool and reads its result': async ({ ask }) => {
    const first = await ask({ messages: says(errands.one), tools: definitions })
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    expect(callsOf(first)).toMatchObject([{ function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } }])
    const second = await ask({ messages: answered(says(errands.one), first), tools: definitions })
    expect(second.choices).toMatchObject([
      { finish_reason: 'stop', message: { content: expect.stringContaining('Snow in Oslo') } },
    ])
  },
  'calls two tools at once': async ({ ask }) => {
    const first = await ask({ messages: says(errands.parallel), tools: definitions })
    expect(callsOf(first)).toMatchObject([
      { function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
      { function: { name: 'get_time', arguments: '{"city":"Rome"}' } },
    ])
    const second = await ask({ messages: answered(says(errands.parallel), first), tools: definitions })
    expect(messageOf(second).content).toMatch(/Snow in Oslo.*Noon in Rome/)
  },
  'calls one tool at a time when told to': async ({ ask }) => {
    const asked = { tools: definitions, tool_choice: 'required' as const, parallel_tool_calls: false }
    expect(callsOf(await ask({ messages: says(errands.parallel), ...asked }))).toHaveLength(1)
  },
  'thinks, calls, and the upstream gets its thoughts back': async ({ ask, upstream }) => {
    const asked = { reasoning_effort: 'high' as const, tools: definitions }
    let messages = says(errands.steps)
    const calls: string[] = []
    stage.takeSeen()
    for (const _ of ['Oslo', 'Rome']) {
      const completion = await ask({ ...asked, messages }, 'sandbox-thinker')
      expect(completion.usage?.completion_tokens_details?.reasoning_tokens).toBeGreaterThan(0)
      calls.push(...callsOf(completion).map((call) => call.function.arguments))
      if (calls.length === 2) expectOwnState(stage.takeSeen(), upstream)
      messages = answered(messages, completion)
    }
    const last = await ask({ ...asked, messages }, 'sandbox-thinker')
    expect(calls).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}'])
    expect(messageOf(last).content).toContain('Noon in Rome')
  },
  'gets thoughts back that nobody may read': async ({ ask, upstream }) => {
    const messages = says(`${errands.one} sandbox: think=redacted`)
    const asked = { reasoning_effort: 'high' as const, tools: definitions }
    const first = await ask({ ...asked, messages }, 'sandbox-thinker')
    stage.takeSeen()
    const second = await ask({ ...asked, messages: answered(messages, first) }, 'sandbox-thinker')
    expect(messageOf(second).content).toContain('Snow in Oslo')
    expectOwnState(stage.takeSeen(), upstream)
  },
  'gives several answers, or says that it does not': async ({ ask, upstream }) => {
    const asking = ask({ messages: says('Hi'), n: 2 })
    if (upstreams[upstream].givesSeveral) expect((await asking).choices.map(({ index }) => index)).toEqual([0, 1])
    else await expect(asking).rejects.toMatchObject({ status: 400, param: 'n' })
  },
  'tells what was read from a cache': async ({ ask }) => {
    const { usage } = await ask({ messages: says('Say hello to everybody. sandbox: cached=7') })
    // Anthropic's cache is written to whenever a format without marks is asked.
    expect(usage?.prompt_tokens_details?.cached_tokens).toBeTypeOf('number')
    expect(usage?.prompt_tokens).toBeGreaterThan(7)
  },
  'sees a picture': async ({ ask }) => {
    const image = { type: 'image_url' as const, image_url: { url: `data:image/png;base64,${png}` } }
    const completion = await ask({ messages: says([{ type: 'text', text: 'What is it?' }, image]) }, 'sandbox-vision')
    expect(messageOf(completion).content).toContain(seenPng)
  },
  'reads a PDF': async ({ ask }) => {
    const file = { filename: 'a.pdf', file_data: `data:application/pdf;base64,${pdf}` }
    const completion = await ask({ messages: says([{ type: 'file', file }]) }, 'sandbox-vision')
    expect(messageOf(completion).content).toContain(seenPdf)
  },
  'stops at its limit': async ({ ask }) => {
    const completion = await ask({ messages: says('sandbox: words=200'), max_completion_tokens: 16 })
    expect(completion.choices[0]?.finish_reason).toBe('length')
  },
  'stops at a stop sequence': async ({ ask }) => {
    const completion = await ask({ messages: says('sandbox: words=200'), stop: ['word7'] })
    expect(completion.choices).toMatchObject([
      { finish_reason: 'stop', message: { content: 'word1 word2 word3 word4 word5 word6 ' } },
    ])
  },
  'takes the defaults of old clients': async ({ ask }) => {
    const defaults = { temperature: 1, top_p: 1, n: 1, presence_penalty: 0, frequency_penalty: 0, max_tokens: 99 }
    expect(messageOf(await ask({ messages: says('Hi'), ...defaults })).content).toContain('Hi')
  },
}

/** What each failure of an upstream becomes: never the client's own account, never a page. */
const told: Record<Failure, readonly [name: keyof typeof OpenAI, status: number]> = {
  'refuses the request': ['BadRequestError', 400],
  'refuses our account': ['InternalServerError', 502],
  'wants to be paid': ['InternalServerError', 502],
  'limits the rate': ['RateLimitError', 429],
  'has a bug': ['InternalServerError', 500],
  'is a broken proxy': ['InternalServerError', 502],
  'is unavailable': ['InternalServerError', 503],
  'is overloaded': ['InternalServerError', 503],
  'answers a page': ['InternalServerError', 502],
  'answers an error as a success': ['InternalServerError', 500],
  'answers garbage': ['InternalServerError', 502],
  'hangs up at once': ['InternalServerError', 502],
}

describe.each(Object.entries(sdks))('%s', (_, sdk) => {
  const options = () => ({ apiKey: key, baseURL: `${stage.url}/v1`, maxRetries: 0 })
  const connect = () => new sdk(options())

  describe.each(dialectIds)('and an upstream of %s', (upstream) => {
    const model = via(upstream)
    const asks = (form: string): Ask => {
      const client = connect()
      return async (more, wanted) => {
        const completion = await forms[form]?.(client, { model: via(upstream, wanted), ...more })
        if (!completion) throw new Error(`no form ${form}`)
        return completion
      }
    }

    describe.each(Object.keys(forms))('%s', (form) => {
      it.each(Object.entries(scenarios))('%s', async (_, scenario) => {
        stage.takeSeen()
        await scenario({ client: connect(), upstream, model, ask: asks(form) })
      })
      it.each(Object.entries(told))('throws when the upstream %s', async (failure, [name, status]) => {
        // The keys of the table are failures.
        const asking = asks(form)({ messages: says(failures[failure as Failure]) })
        const thrown = await asking.catch((error: unknown) => error)
        expect(thrown).toBeInstanceOf(sdk[name])
        expect(thrown).toMatchObject({ status, requestID: expect.stringMatching(/^req_/) })
      })
      it.each(Object.entries(breaks))('never returns half an answer when the upstream %s', async (_, text) => {
        await expect(asks(form)({ messages: says(text) })).rejects.toBeInstanceOf(Error)
      })
    })

    it('says that a prompt is too long in the code that clients look for', async () => {
      const asking = asks('stream')({ messages: says(tooLong) })
      await expect(asking).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' })
    })
    it('does not take a shortened body for an answer', async () => {
      await expect(asks('create')({ messages: says('sandbox:fail=short') })).rejects.toMatchObject({ status: 502 })
    })
    it('streams chunk by chunk', async () => {
      const asked = { model, messages: says('sandbox: words=5') }
      const chunks = await collect(await connect().chat.completions.create({ ...asked, stream: true }))
      expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(
        'word1 word2 word3 word4 word5',
      )
      expect(chunks.filter(({ choices }) => choices[0]?.finish_reason === 'stop')).toHaveLength(1)
      // Clients that did not ask for usage read `choices[0]` of every chunk.
      expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true)
    })
    // The older SDK's helper knows no such calls in streams: read as chunks.
    it('calls a tool with free text', async () => {
      const text = '*** Begin "quoted" \\ end'
      const tools = [{ type: 'custom' as const, custom: { name: 'note', description: 'Takes a note' } }]
      const messages = says(`call note with ${upstreams[upstream].freeText(text)}`)
      const { completions } = connect().chat
      const chunks = await collect(await completions.create({ model, messages, tools, stream: true }))
      const deltas: Json[] = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
      expect(deltas.map(({ custom }) => custom?.input ?? '').join('')).toBe(text)
      const first = await completions.create({ model, messages, tools })
      const calls = messageOf(first).tool_calls ?? []
      expect(calls).toMatchObject([{ type: 'custom', custom: { name: 'note', input: text } }])
      const results = calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'noted' }))
      const history = [...says('Note it.'), messageOf(first), ...results]
      expect(messageOf(await completions.create({ model, messages: history, tools })).content).toContain('noted')
    })
    it('parses an answer by its schema', async () => {
      const format = zodResponseFormat(z.object({ city: z.string() }), 'place')
      const asked = { model, messages: says('Where is it cold?'), response_format: format }
      const { completions } = connect().chat
      const expected = { choices: [{ message: { parsed: { city: expect.any(String) } } }] }
      expect(await completions.parse(asked)).toMatchObject(expected)
      expect(await completions.stream(asked).finalChatCompletion()).toMatchObject(expected)
    })
    it.each([false, true])('runs tools until there is an answer, stream: %s', async (stream) => {
      const ran: string[] = []
      const runnable = tools.map(({ name, description, run }) => ({
        type: 'function' as const,
        function: {
          name,
          description,
          parameters: schema,
          parse: JSON.parse,
          function: (input: { city: string }) => {
            ran.push(input.city)
            return run(input)
          },
        },
      }))
      const { completions } = connect().chat
      const asked = { model, messages: says(errands.steps), tools: runnable }
      const runner = stream ? completions.runTools({ ...asked, stream }) : completions.runTools(asked)
      expect(await runner.finalContent()).toContain('Noon in Rome')
      expect(ran).toEqual(['Oslo', 'Rome'])
    })
    it('stops the upstream when the client has heard enough', async () => {
      const aborted = stage.next('aborted')
      const stream = connect().chat.completions.stream({ model, messages: says(endless) })
      stream.once('content', () => stream.abort())
      await expect(stream.finalChatCompletion()).rejects.toBeInstanceOf(sdk.APIUserAbortError)
      await aborted
    })
    it('stops the upstream when the client does not wait', async () => {
      const [asked, aborted] = [stage.next('asked'), stage.next('aborted')]
      const leaving = new AbortController()
      const body = { model, messages: says('sandbox:fail=silence') }
      const asking = connect().chat.completions.create(body, { signal: leaving.signal })
      await asked
      leaving.abort()
      await expect(asking).rejects.toBeInstanceOf(sdk.APIUserAbortError)
      await aborted
    })
    it('completes a text as in old days', async () => {
      const asked = { model, prompt: 'Say hello.', max_tokens: 99 }
      const completion = await connect().completions.create(asked)
      expect(completion).toMatchObject({ object: 'text_completion', model, choices: [{ finish_reason: 'stop' }] })
      const chunks = await collect(await connect().completions.create({ ...asked, stream: true }))
      const text = chunks.map(({ choices }) => choices[0]?.text ?? '').join('')
      expect(text).toBe(completion.choices[0]?.text)
      expect(text).toContain('Say hello.')
    })
    it.each(Object.values(breaks))('throws when a text completion meets %s', async (prompt) => {
      const { completions } = connect()
      await expect(completions.create({ model, prompt })).rejects.toBeInstanceOf(sdk.APIError)
      const streaming = completions.create({ model, prompt, stream: true }).then(collect)
      await expect(streaming).rejects.toBeInstanceOf(Error)
    })
  })

  it('lists models and knows each', async () => {
    const { models } = connect()
    const listed = (await collect(await models.list())).map(({ id }) => id)
    expect(listed).toEqual(expect.arrayContaining(dialectIds.map((upstream) => via(upstream))))
    const model = via('gemini', 'sandbox-thinker')
    expect(await models.retrieve(model)).toMatchObject({ id: model, object: 'model' })
    await expect(models.retrieve('nobody')).rejects.toBeInstanceOf(sdk.NotFoundError)
  })
  it('refuses strangers, unknown models and wrong requests', async () => {
    const asked = { model: via('gemini'), messages: says('Hi') }
    const stranger = new sdk({ ...options(), apiKey: 'sk-nobody' })
    await expect(stranger.chat.completions.create(asked)).rejects.toBeInstanceOf(sdk.AuthenticationError)
    const { completions } = connect().chat
    const nobody = completions.create({ ...asked, model: 'nobody' })
    await expect(nobody).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
    const wrong = { ...asked, messages: 'Hi' as never }
    await expect(completions.create(wrong)).rejects.toMatchObject({ status: 400, param: 'messages' })
  })
  it('is asked again where the SDK retries', async () => {
    const client = new sdk({ ...options(), maxRetries: 1 })
    stage.takeSeen()
    const asking = client.chat.completions.create({ model: via('gemini'), messages: says('sandbox:fail=429') })
    await expect(asking).rejects.toMatchObject({ status: 429 })
    expect(stage.takeSeen()).toHaveLength(2)
  })
})
