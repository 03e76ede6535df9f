import OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import { ResponsesWS } from 'openai/resources/responses/ws'
import OldOpenAI from 'openai-6'
import { ResponsesWS as OldResponsesWS } from 'openai-6/resources/responses/ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
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

interface Sdk {
  readonly OpenAI: typeof OpenAI
  readonly ResponsesWS: typeof ResponsesWS
}

const sdks: Record<string, Sdk> = {
  'openai 7': { OpenAI, ResponsesWS },
  // Older, but all that is called here is in both and of the same shape.
  'openai 6': { OpenAI: OldOpenAI, ResponsesWS: OldResponsesWS } as unknown as Sdk,
}

type Asked = Omit<OpenAI.Responses.ResponseCreateParamsNonStreaming, 'stream'>
type Response = OpenAI.Responses.Response
type Input = OpenAI.Responses.ResponseInputItem[]
type Ask = (more: Asked, model?: string) => Promise<Response>

interface Talk {
  readonly upstream: DialectId
  readonly model: string
  readonly ask: Ask
}

const forms: Record<string, (client: OpenAI, asked: Asked) => Promise<Response>> = {
  create: (client, asked) => client.responses.create(asked),
  stream: (client, asked) => client.responses.stream(asked).finalResponse(),
}

const definitions = tools.map(({ name, description }) => ({
  type: 'function' as const,
  name,
  description,
  parameters: schema,
  strict: true,
}))
const says = (content: string | OpenAI.Responses.ResponseInputContent[]): Input => [{ role: 'user', content }]
const callsOf = ({ output }: Response) => output.filter((item) => item.type === 'function_call')

/** What the first item tells of its thinking: a summary, or the thought itself where the upstream shows it. */
function thoughtIn({ output: [first] }: Response): string {
  if (first?.type !== 'reasoning') return ''
  return [...first.summary, ...(first.content ?? [])].map(({ text }) => text).join('')
}

const resultsOf = (response: Response): Input =>
  callsOf(response).map((call) => ({
    type: 'function_call_output' as const,
    call_id: call.call_id,
    output: tools.find(({ name }) => name === call.name)?.run(JSON.parse(call.arguments)) ?? 'unknown tool',
  }))

/** The history with an answer as it came, and the results of its calls. */
const answered = (input: Input, response: Response): Input => [
  ...input,
  // What a response holds may be sent as it is, says the vendor; its types are wider on the way out.
  ...(response.output as Input),
  ...resultsOf(response),
]

const scenarios: Record<string, (talk: Talk) => Promise<void>> = {
  'answers with text and usage': async ({ ask, upstream, model }) => {
    const response = await ask({ instructions: 'Be brief.', input: 'Say hello, 你好 👋🏽.' })
    expect(response).toMatchObject({ object: 'response', model, status: 'completed', error: null })
    expect(response.output_text).toContain('你好 👋🏽')
    expect(response.usage?.input_tokens).toBeGreaterThan(5)
    expect(response.usage?.output_tokens).toBeGreaterThan(5)
    expect(stage.takeSeen().map(({ path }) => path)).toEqual([expect.stringMatching(upstreams[upstream].path)])
  },
  'calls a tool and reads its result': async ({ ask }) => {
    const first = await ask({ input: errands.one, tools: definitions })
    expect(callsOf(first)).toMatchObject([{ name: 'get_weather', arguments: '{"city":"Oslo"}', status: 'completed' }])
    const second = await ask({ input: answered(says(errands.one), first), tools: definitions })
    expect(second.output_text).toContain('Snow in Oslo')
  },
  'calls two tools at once': async ({ ask }) => {
    const first = await ask({ input: errands.parallel, tools: definitions })
    expect(callsOf(first)).toMatchObject([
      { name: 'get_weather', arguments: '{"city":"Oslo"}' },
      { name: 'get_time', arguments: '{"city":"Rome"}' },
    ])
    const second = await ask({ input: answered(says(errands.parallel), first), tools: definitions })
    expect(second.output_text).toMatch(/Snow in Oslo.*Noon in Rome/)
  },
  'calls one tool at a time when told to': async ({ ask }) => {
    const choice = { tool_choice: 'required' as const, parallel_tool_calls: false }
    expect(callsOf(await ask({ input: errands.parallel, tools: definitions, ...choice }))).toHaveLength(1)
  },
  'calls a tool with free text': async ({ ask, upstream }) => {
    const text = '*** Begin "quoted" \\ end'
    const tools = [{ type: 'custom' as const, name: 'note', description: 'Takes a note' }]
    const first = await ask({ input: `call note with ${upstreams[upstream].freeText(text)}`, tools })
    const calls = first.output.filter((item) => item.type === 'custom_tool_call')
    expect(calls).toMatchObject([{ name: 'note', input: text }])
    const results = calls.map(({ call_id }) => ({
      type: 'custom_tool_call_output' as const,
      call_id,
      output: 'noted',
    }))
    const second = await ask({ input: [...answered(says('Note it.'), first), ...results], tools })
    expect(second.output_text).toContain('noted')
  },
  'thinks, calls, and gets its thoughts back': async ({ ask, upstream }) => {
    const asked: Asked = {
      store: false,
      include: ['reasoning.encrypted_content'],
      reasoning: { effort: 'high', summary: 'auto' },
      tools: definitions,
    }
    let input = says(errands.steps)
    const calls: string[] = []
    stage.takeSeen()
    for (const _ of ['Oslo', 'Rome']) {
      const response = await ask({ ...asked, input }, 'sandbox-thinker')
      expect(thoughtIn(response)).toMatch(/\w/)
      calls.push(...callsOf(response).map((call) => call.arguments))
      if (calls.length === 2) expectOwnState(stage.takeSeen(), upstream)
      input = answered(input, response)
    }
    const last = await ask({ ...asked, input }, 'sandbox-thinker')
    expect(calls).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}'])
    expect(last.output_text).toContain('Noon in Rome')
  },
  'gets thoughts back that nobody may read': async ({ ask, upstream }) => {
    const asked: Asked = { store: false, include: ['reasoning.encrypted_content'], tools: definitions }
    const input = says(`${errands.one} sandbox: think=redacted`)
    const first = await ask({ ...asked, input }, 'sandbox-thinker')
    stage.takeSeen()
    const second = await ask({ ...asked, input: answered(input, first) }, 'sandbox-thinker')
    expect(second.output_text).toContain('Snow in Oslo')
    expectOwnState(stage.takeSeen(), upstream)
  },
  'goes on from a response, thoughts and calls included': async ({ ask, upstream }) => {
    const asked = { reasoning: { effort: 'high' as const }, tools: definitions }
    stage.takeSeen()
    const first = await ask({ ...asked, input: errands.one }, 'sandbox-thinker')
    const next = { ...asked, previous_response_id: first.id, input: resultsOf(first) }
    const second = await ask(next, 'sandbox-thinker')
    expect(second.output_text).toContain('Snow in Oslo')
    expectOwnState(stage.takeSeen(), upstream)
    const third = await ask({ previous_response_id: second.id, input: 'Thanks.' }, 'sandbox-thinker')
    expect(third.output_text).toContain('Thanks.')
  },
  'sees a picture': async ({ ask }) => {
    const image = { type: 'input_image' as const, image_url: `data:image/png;base64,${png}`, detail: 'auto' as const }
    const input = says([{ type: 'input_text', text: 'What is it?' }, image])
    expect((await ask({ input }, 'sandbox-vision')).output_text).toContain(seenPng)
  },
  'reads a PDF': async ({ ask }) => {
    const file_data = `data:application/pdf;base64,${pdf}`
    const input = says([{ type: 'input_file', filename: 'a.pdf', file_data }])
    expect((await ask({ input }, 'sandbox-vision')).output_text).toContain(seenPdf)
  },
  'stops at its limit': async ({ ask }) => {
    expect(await ask({ input: 'sandbox: words=200', max_output_tokens: 16 })).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    })
  },
  'refuses politely': async ({ ask }) => {
    const { output, output_text } = await ask({ input: 'sandbox: end=refusal' })
    expect(JSON.stringify(output)).toContain('was told to refuse')
    expect(output_text).not.toContain('not a real model')
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
  const connect = () => new sdk.OpenAI(options())

  describe.each(dialectIds)('and an upstream of %s', (upstream) => {
    const model = via(upstream)
    const asks = (form: string): Ask => {
      const client = connect()
      return async (more, wanted) => {
        const response = await forms[form]?.(client, { model: via(upstream, wanted), ...more })
        if (!response) throw new Error(`no form ${form}`)
        return response
      }
    }

    describe.each(Object.keys(forms))('%s', (form) => {
      it.each(Object.entries(scenarios))('%s', async (_, scenario) => {
        stage.takeSeen()
        await scenario({ upstream, model, ask: asks(form) })
      })
      it.each(Object.entries(told))('throws when the upstream %s', async (failure, [name, status]) => {
        // The keys of the table are failures.
        const thrown = await asks(form)({ input: failures[failure as Failure] }).catch((error: unknown) => error)
        expect(thrown).toBeInstanceOf(sdk.OpenAI[name])
        expect(thrown).toMatchObject({ status, requestID: expect.stringMatching(/^req_/) })
      })
      it.each(Object.entries(breaks))('never takes half an answer for one when the upstream %s', async (_, input) => {
        // A stream may also end in a response that says it failed; the helper returns that one.
        const outcome = await asks(form)({ input }).then(
          ({ status, error }) => ({ status, hasError: error !== null }),
          () => 'thrown',
        )
        expect(['thrown', { status: 'failed', hasError: true }]).toContainEqual(outcome)
      })
    })

    it('says that a prompt is too long in the code that clients look for', async () => {
      const asking = asks('stream')({ input: tooLong })
      await expect(asking).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' })
    })
    it('does not take a shortened body for an answer', async () => {
      await expect(asks('create')({ input: 'sandbox:fail=short' })).rejects.toMatchObject({ status: 502 })
    })
    it('streams event by event', async () => {
      const asked = { model, input: 'sandbox: words=5', reasoning: { effort: 'none' as const } }
      const events = await collect(await connect().responses.create({ ...asked, stream: true }))
      expect(events[0]?.type).toBe('response.created')
      expect(events.at(-1)?.type).toBe('response.completed')
      expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, at) => at))
    })
    it('parses an answer by its schema', async () => {
      const format = zodTextFormat(z.object({ city: z.string() }), 'place')
      const asked = { model, input: 'Where is it cold?', text: { format } }
      const { responses } = connect()
      const expected = { output_parsed: { city: expect.any(String) } }
      expect(await responses.parse(asked)).toMatchObject(expected)
      expect(await responses.stream(asked).finalResponse()).toMatchObject(expected)
    })
    it.each(Object.keys(forms))('keeps what %s answered until it is deleted', async (form) => {
      const { responses } = connect()
      const response = await asks(form)({ input: 'Keep this.' })
      expect(await responses.retrieve(response.id)).toMatchObject({
        id: response.id,
        status: 'completed',
        output_text: response.output_text,
      })
      const items = await collect(responses.inputItems.list(response.id))
      expect(items).toMatchObject([{ type: 'message', role: 'user', content: [{ text: 'Keep this.' }] }])
      const twoItems = await responses.create({ model, previous_response_id: response.id, input: 'More.' })
      const paged = await collect(responses.inputItems.list(twoItems.id, { limit: 1, order: 'asc' }))
      expect(paged.map((item) => ('role' in item ? item.role : ''))).toEqual(
        expect.arrayContaining(['user', 'assistant', 'user']),
      )
      expect(new Set(paged.map(({ id }) => id)).size).toBe(paged.length)
      await expect(responses.cancel(response.id)).rejects.toMatchObject({ status: 400 })
      await responses.delete(response.id)
      await expect(responses.retrieve(response.id)).rejects.toBeInstanceOf(sdk.OpenAI.NotFoundError)
      const gone = responses.create({ model, previous_response_id: response.id, input: 'And?' })
      await expect(gone).rejects.toMatchObject({ status: 400, code: 'previous_response_not_found' })
    })
    it('tells a kept response again as a stream', async () => {
      const { responses } = connect()
      const asked = { input: errands.one, tools: definitions, reasoning: { summary: 'auto' as const } }
      const response = await asks('create')(asked, 'sandbox-thinker')
      const again = await responses.stream({ response_id: response.id }).finalResponse()
      expect(again).toMatchObject({ id: response.id, status: 'completed', output_text: response.output_text })
      expect(again.output).toMatchObject(response.output)
      const rest = await collect(await responses.retrieve(response.id, { stream: true, starting_after: 3 }))
      expect(rest[0]?.sequence_number).toBe(4)
      expect(rest.at(-1)?.type).toBe('response.completed')
    })
    it('keeps nothing when told not to', async () => {
      const { id } = await asks('stream')({ input: 'Forget this.', store: false })
      await expect(connect().responses.retrieve(id)).rejects.toBeInstanceOf(sdk.OpenAI.NotFoundError)
    })
    it('counts tokens', async () => {
      const counted = await connect().responses.inputTokens.count({ model, input: 'one two three', tools: definitions })
      expect(counted).toMatchObject({ object: 'response.input_tokens', input_tokens: expect.any(Number) })
      expect(counted.input_tokens).toBeGreaterThan(2)
    })
    it('compacts a conversation and goes on from it', async () => {
      const { responses } = connect()
      const input = [...says('My name is Ada.'), { role: 'assistant' as const, content: 'Hello Ada.' }]
      const compacted = await responses.compact({ model, input })
      expect(compacted).toMatchObject({ object: 'response.compaction', usage: { total_tokens: expect.any(Number) } })
      expect(compacted.output.map(({ type }) => type)).toContain('compaction')
      // As with answers: what came may be sent as it is.
      const next = [...(compacted.output as Input), ...says('Who am I?')]
      const { output_text } = await responses.create({ model: via(upstream, 'sandbox-echo'), input: next })
      expect(output_text).toContain('Who am I?')
    })
    it('talks over a WebSocket, turn after turn, whatever happens', async () => {
      const socket = new sdk.ResponsesWS(connect())
      const told = socket.stream()
      const turn = async (asked: Asked): Promise<Response> => {
        socket.send({ type: 'response.create', model, ...asked })
        for (let next = await told.next(); !next.done; next = await told.next()) {
          const event = next.value
          if (event.type === 'error') throw event.error
          if (event.type !== 'message') continue
          const { message } = event
          if (message.type === 'response.completed') return message.response
          if (message.type === 'response.failed') throw new Error(message.response.error?.message)
        }
        throw new Error('the socket closed')
      }
      try {
        const first = await turn({ input: 'My name is Ada.' })
        await expect(turn({ input: 'Hi', model: 'nobody' })).rejects.toThrow(/nobody/)
        await expect(turn({ input: breaks['fails in the middle'] })).rejects.toBeInstanceOf(Error)
        const second = await turn({ input: errands.one, previous_response_id: first.id, tools: definitions })
        expect(callsOf(second)).toMatchObject([{ name: 'get_weather', arguments: '{"city":"Oslo"}' }])
      } finally {
        socket.close()
      }
    })
    it('stops the upstream when the WebSocket closes', async () => {
      const aborted = stage.next('aborted')
      const socket = new sdk.ResponsesWS(connect())
      socket.on('response.output_text.delta', () => socket.close())
      socket.send({ type: 'response.create', model, input: endless })
      await aborted
    })
    it('stops the upstream when the client has heard enough', async () => {
      const aborted = stage.next('aborted')
      const stream = connect().responses.stream({ model, input: endless })
      stream.once('response.output_text.delta', () => stream.abort())
      await expect(stream.finalResponse()).rejects.toBeInstanceOf(sdk.OpenAI.APIUserAbortError)
      await aborted
    })
    it('stops the upstream when the client does not wait', async () => {
      const [asked, aborted] = [stage.next('asked'), stage.next('aborted')]
      const leaving = new AbortController()
      const asking = connect().responses.create({ model, input: 'sandbox:fail=silence' }, { signal: leaving.signal })
      await asked
      leaving.abort()
      await expect(asking).rejects.toBeInstanceOf(sdk.OpenAI.APIUserAbortError)
      await aborted
    })
  })

  it('refuses strangers, unknown models and wrong requests', async () => {
    const asked = { model: via('gemini'), input: 'Hi' }
    const stranger = new sdk.OpenAI({ ...options(), apiKey: 'sk-nobody' })
    await expect(stranger.responses.create(asked)).rejects.toBeInstanceOf(sdk.OpenAI.AuthenticationError)
    await expect(stranger.responses.retrieve('resp_1')).rejects.toBeInstanceOf(sdk.OpenAI.AuthenticationError)
    const { responses } = connect()
    const nobody = responses.create({ ...asked, model: 'nobody' })
    await expect(nobody).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
    await expect(responses.create({ ...asked, input: 7 as never })).rejects.toMatchObject({
      status: 400,
      param: 'input',
    })
  })
})
