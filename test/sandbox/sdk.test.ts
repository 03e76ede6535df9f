import Anthropic from '@anthropic-ai/sdk'
import { type Content, GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningSandbox, startSandbox } from '../../src/sandbox/index.ts'

let sandbox: RunningSandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.close())

const city = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const errand = 'call get_weather with {"city":"Oslo"} then call get_weather with {"city":"Rome"}'

describe('@anthropic-ai/sdk', () => {
  const client = () => new Anthropic({ apiKey: 'any', baseURL: sandbox.url, maxRetries: 0 })
  const tools = [{ name: 'get_weather', input_schema: city }]

  it('streams a message', async () => {
    const stream = client().messages.stream({
      model: 'sandbox-1',
      max_tokens: 100,
      messages: [{ role: 'user', content: 'hello' }],
    })
    const message = await stream.finalMessage()
    expect(message.stop_reason).toBe('end_turn')
    expect(message.content).toMatchObject([{ type: 'text', text: expect.stringContaining('hello') }])
    expect(message.usage.output_tokens).toBeGreaterThan(5)
  })

  it('goes through a tool loop of two steps with its thoughts', async () => {
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: errand }]
    const seen: unknown[] = []
    for (let step = 0; step < 3; step++) {
      const message = await client()
        .messages.stream({
          model: 'sandbox-thinker',
          max_tokens: 4000,
          thinking: { type: 'enabled', budget_tokens: 1024 },
          tools,
          messages,
        })
        .finalMessage()
      messages.push({ role: 'assistant', content: message.content })
      const calls = message.content.filter((block) => block.type === 'tool_use')
      seen.push(message.stop_reason, ...calls.map((call) => call.input))
      expect(message.content[0]).toMatchObject({ type: 'thinking', signature: expect.stringMatching(/^\S{40,}$/) })
      messages.push({
        role: 'user',
        content: calls.map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: `sunny ${step}` })),
      })
    }
    expect(seen).toEqual(['tool_use', { city: 'Oslo' }, 'tool_use', { city: 'Rome' }, 'end_turn'])
    expect(messages.at(-2)?.content).toMatchObject([{}, { type: 'text', text: expect.stringContaining('sunny 1') }])
  })

  it('counts tokens and lists models', async () => {
    const messages = [{ role: 'user' as const, content: 'one two three' }]
    const counted = await client().messages.countTokens({ model: 'sandbox-1', messages })
    const message = await client().messages.create({ model: 'sandbox-1', max_tokens: 9, messages })
    expect(counted.input_tokens).toBe(message.usage.input_tokens)
    const models = await client().models.list()
    expect(models.data.map((model) => model.id)).toContain('sandbox-vision')
  })

  it('throws on an error in the stream', async () => {
    const text = 'sandbox: words=20 fail=error@4'
    const stream = client().messages.stream({
      model: 'sandbox-1',
      max_tokens: 100,
      messages: [{ role: 'user', content: text }],
    })
    await expect(stream.finalMessage()).rejects.toThrow('Overloaded')
  })
})

describe('openai', () => {
  const client = () => new OpenAI({ apiKey: 'any', baseURL: `${sandbox.url}/v1`, maxRetries: 0 })

  it('streams a chat completion with calls', async () => {
    const completion = await client()
      .chat.completions.stream({
        model: 'sandbox-1',
        messages: [{ role: 'user', content: 'call get_weather with {"city":"Oslo"}, call note with free text' }],
        tools: [
          { type: 'function', function: { name: 'get_weather', parameters: city, strict: true } },
          { type: 'custom', custom: { name: 'note' } },
        ],
        stream_options: { include_usage: true },
      })
      .finalChatCompletion()
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'Calling get_weather and note.',
        tool_calls: [
          { type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
          { type: 'custom', custom: { name: 'note', input: 'free text' } },
        ],
      },
    })
    expect(completion.usage?.total_tokens).toBeGreaterThan(10)
  })

  it('gives several choices with their probabilities', async () => {
    const completion = await client()
      .chat.completions.stream({
        model: 'sandbox-1',
        n: 2,
        logprobs: true,
        top_logprobs: 2,
        messages: [{ role: 'user', content: 'hi' }],
      })
      .finalChatCompletion()
    const [first, second] = completion.choices
    expect(second?.message.content).toBe(`${first?.message.content} (answer 2)`)
    expect(first?.logprobs?.content?.map(({ token }) => token).join('')).toBe(first?.message.content)
    expect(first?.logprobs?.content?.[0]?.top_logprobs).toHaveLength(2)
  })

  it('goes through a chat tool loop of two steps', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: errand }]
    const seen: unknown[] = []
    for (let step = 0; step < 3; step++) {
      const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: city } }]
      const { choices } = await client().chat.completions.create({ model: 'sandbox-1', tools, messages })
      const message = choices[0]?.message
      if (!message) throw new Error('no message')
      messages.push(message)
      for (const call of message.tool_calls ?? []) {
        if (call.type === 'function') seen.push(call.function.arguments)
        messages.push({ role: 'tool', tool_call_id: call.id, content: `sunny ${step}` })
      }
    }
    expect(seen).toEqual(['{"city":"Oslo"}', '{"city":"Rome"}'])
    expect(messages.at(-1)).toMatchObject({ content: expect.stringContaining('sunny 1') })
  })

  it('streams a response with a thought, a text and both kinds of call', async () => {
    const response = await client()
      .responses.stream({
        model: 'sandbox-thinker',
        input: 'call get_weather with {"city":"Oslo"}, call patch with *** Begin',
        reasoning: { effort: 'high', summary: 'auto' },
        tools: [
          { type: 'function', name: 'get_weather', parameters: city, strict: true },
          { type: 'custom', name: 'patch' },
        ],
      })
      .finalResponse()
    expect(response.status).toBe('completed')
    expect(response.output).toMatchObject([
      {
        type: 'reasoning',
        summary: [{ text: expect.stringContaining('The prompt says') }],
        encrypted_content: expect.any(String),
      },
      { type: 'message', content: [{ text: 'Calling get_weather and patch.' }] },
      { type: 'function_call', name: 'get_weather', arguments: '{"city":"Oslo"}' },
      { type: 'custom_tool_call', name: 'patch', input: '*** Begin' },
    ])
  })

  it('goes through a tool loop of two steps, everything sent back', async () => {
    let input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: errand }]
    const seen: unknown[] = []
    for (let step = 0; step < 3; step++) {
      const response = await client()
        .responses.stream({
          model: 'sandbox-thinker',
          store: false,
          input,
          tools: [{ type: 'function', name: 'get_weather', parameters: city, strict: true }],
        })
        .finalResponse()
      // What a response holds may be sent as it is, says the vendor; its types are wider on the way out.
      const output = response.output as OpenAI.Responses.ResponseInput
      const calls = response.output.filter((item) => item.type === 'function_call')
      seen.push(...calls.map((call) => call.arguments), response.output_text)
      const results = calls.map(({ call_id }) => ({
        type: 'function_call_output' as const,
        call_id,
        output: `sunny ${step}`,
      }))
      input = [...input, ...output, ...results]
    }
    expect(seen).toEqual([
      ...['{"city":"Oslo"}', 'Calling get_weather.', '{"city":"Rome"}', 'Calling get_weather.'],
      expect.stringContaining('The tool get_weather answered: "sunny 1"'),
    ])
  })

  it('refuses, ends early, fails and lists models', async () => {
    const ask = (input: string) =>
      client().responses.stream({ model: 'sandbox-1', input, max_output_tokens: 16 }).finalResponse()
    expect((await ask('sandbox: end=refusal')).output).toMatchObject([{ content: [{ type: 'refusal' }] }])
    expect(await ask('sandbox: words=90')).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    })
    expect(await ask('sandbox: fail=error@3')).toMatchObject({ status: 'failed', error: { code: 'server_error' } })
    const models = await client().models.list()
    expect(models.data.map((model) => model.id)).toContain('sandbox-echo')
  })
})

describe('@google/genai', () => {
  const client = () => new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: sandbox.url } })
  const tools = [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: city }] }]

  it('streams content', async () => {
    let text = ''
    let last: string | undefined
    for await (const chunk of await client().models.generateContentStream({ model: 'sandbox-1', contents: 'hello' })) {
      text += chunk.text ?? ''
      last = chunk.candidates?.[0]?.finishReason ?? last
    }
    expect(text).toContain('You said: "hello"')
    expect(last).toBe('STOP')
  })

  it('goes through a tool loop of two steps with its signatures', async () => {
    const contents: Content[] = [{ role: 'user', parts: [{ text: errand }] }]
    const seen: unknown[] = []
    for (let step = 0; step < 3; step++) {
      const stream = await client().models.generateContentStream({
        model: 'sandbox-thinker',
        contents,
        config: { tools, thinkingConfig: { includeThoughts: true } },
      })
      const calls = []
      for await (const chunk of stream) {
        if (chunk.candidates?.[0]?.content) contents.push(chunk.candidates[0].content)
        calls.push(...(chunk.functionCalls ?? []))
      }
      seen.push(...calls.map(({ args }) => args))
      const parts = calls.map(({ id = '', name = '' }) => ({
        functionResponse: { id, name, response: { output: `sunny ${step}` } },
      }))
      if (parts.length > 0) contents.push({ role: 'user', parts })
    }
    expect(seen).toEqual([{ city: 'Oslo' }, { city: 'Rome' }])
    const said = contents.flatMap(({ parts }) => parts ?? []).map(({ text }) => text ?? '')
    expect(said.join('')).toContain('The tool get_weather answered: "sunny 1"')
  })

  it('keeps a chat, whatever the chunks', async () => {
    const chat = client().chats.create({ model: 'sandbox-1' })
    for await (const _ of await chat.sendMessageStream({ message: 'first' }));
    for await (const _ of await chat.sendMessageStream({ message: 'second' }));
    expect(chat.getHistory(true).filter(({ role }) => role === 'user')).toHaveLength(2)
  })

  it('counts tokens and lists models', async () => {
    const counted = await client().models.countTokens({ model: 'sandbox-1', contents: 'one two three' })
    const answered = await client().models.generateContent({ model: 'sandbox-1', contents: 'one two three' })
    expect(counted.totalTokens).toBe(answered.usageMetadata?.promptTokenCount)
    const names: (string | undefined)[] = []
    for await (const model of await client().models.list()) names.push(model.name)
    expect(names).toContain('models/sandbox-tools')
  })

  it('chooses from an enumeration and stops where it is told to', async () => {
    const choice = await client().models.generateContent({
      model: 'sandbox-1',
      contents: 'which',
      config: { responseMimeType: 'text/x.enum', responseSchema: { type: 'STRING', enum: ['red', 'blue'] } as never },
    })
    expect(choice.text).toBe('red')
    const stopped = await client().models.generateContent({
      model: 'sandbox-echo',
      contents: 'one two three',
      config: { stopSequences: [' two'] },
    })
    expect(stopped.text).toBe('one')
  })
})
