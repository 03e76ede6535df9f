import Anthropic from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import OldAnthropic from 'anthropic-sdk-0137'
import { betaZodTool as oldBetaZodTool } from 'anthropic-sdk-0137/helpers/beta/zod'
import { zodOutputFormat as oldZodOutputFormat } from 'anthropic-sdk-0137/helpers/zod'
import OpenAI from 'openai'
import { ResponsesToolRunner, runnerFunction } from 'openai/helpers/responses-tool-runner'
import { zodFunction, zodResponsesFunction } from 'openai/helpers/zod'
import OldOpenAI from 'openai-6'
import { zodFunction as oldZodFunction, zodResponsesFunction as oldZodResponsesFunction } from 'openai-6/helpers/zod'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { dialectIds } from '../../src/model/dialect.ts'
import { key, via } from '../support/gateway.ts'
import { errands, tools } from './errand.ts'
import { type Stage, startStage } from './stage.ts'

/** The SDKs' helpers that make tools and answers of Zod's types. */
let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage.close())

const place = z.object({ city: z.string().describe('Its name'), degrees: z.number().nullable() })
const city = z.object({ city: z.string() })
const isPlace = expect.toSatisfy((answer) => place.safeParse(answer).success)

const anthropics = {
  'sdk 1.12': { sdk: Anthropic, zodOutputFormat, betaZodTool },
  // Older, but all that is called here is in both and of the same shape.
  'sdk 0.137': {
    sdk: OldAnthropic as unknown as typeof Anthropic,
    zodOutputFormat: oldZodOutputFormat as unknown as typeof zodOutputFormat,
    betaZodTool: oldBetaZodTool as unknown as typeof betaZodTool,
  },
}

const openais = {
  'openai 7': { sdk: OpenAI, zodFunction, zodResponsesFunction },
  // As above.
  'openai 6': {
    sdk: OldOpenAI as unknown as typeof OpenAI,
    zodFunction: oldZodFunction as unknown as typeof zodFunction,
    zodResponsesFunction: oldZodResponsesFunction as unknown as typeof zodResponsesFunction,
  },
}

describe.each(Object.entries(anthropics))('%s', (_, { sdk, zodOutputFormat, betaZodTool }) => {
  const connect = () => new sdk({ apiKey: key, baseURL: stage.url, maxRetries: 0 })

  describe.each(dialectIds)('and an upstream of %s', (upstream) => {
    const model = via(upstream)

    it('parses an answer', async () => {
      const asked = {
        model,
        max_tokens: 999,
        messages: [{ role: 'user' as const, content: 'Where is it cold?' }],
        output_config: { format: zodOutputFormat(place) },
      }
      const { messages } = connect()
      expect((await messages.parse(asked)).parsed_output).toEqual(isPlace)
      expect((await messages.stream(asked).finalMessage()).parsed_output).toEqual(isPlace)
    })
    it.each([false, true])('runs tools until there is an answer, stream: %s', async (stream) => {
      const ran: string[] = []
      const runnable = tools.map(({ name, description, run }) =>
        betaZodTool({
          name,
          description,
          inputSchema: city,
          run: (input) => {
            ran.push(input.city)
            return run(input)
          },
        }),
      )
      const messages = [{ role: 'user' as const, content: errands.parallel }]
      const runner = connect().beta.messages.toolRunner({ model, max_tokens: 999, messages, tools: runnable, stream })
      const last = await runner.runUntilDone()
      expect(ran.toSorted()).toEqual(['Oslo', 'Rome'])
      expect(last.content).toMatchObject([{ type: 'text', text: expect.stringContaining('Noon in Rome') }])
      // The whole history was sent, though the newer SDK first wants the upstream to hold it.
      const second = JSON.stringify(stage.takeSeen().at(-1)?.body)
      for (const { run } of tools) expect(second).toContain(run({ city: '' }).trim())
    })
  })
})

describe.each(Object.entries(openais))('%s', (_, { sdk, zodFunction, zodResponsesFunction }) => {
  const connect = () => new sdk({ apiKey: key, baseURL: `${stage.url}/v1`, maxRetries: 0 })

  describe.each(dialectIds)('and an upstream of %s', (upstream) => {
    const model = via(upstream)

    it('parses the arguments of a chat’s call', async () => {
      const tool = zodFunction({ name: 'get_weather', parameters: city })
      const asked = { model, messages: [{ role: 'user' as const, content: errands.one }], tools: [tool] }
      const expected = {
        choices: [{ message: { tool_calls: [{ function: { parsed_arguments: { city: 'Oslo' } } }] } }],
      }
      const { completions } = connect().chat
      expect(await completions.parse(asked)).toMatchObject(expected)
      expect(await completions.stream(asked).finalChatCompletion()).toMatchObject(expected)
    })
    it.each([false, true])('runs a chat’s tools until there is an answer, stream: %s', async (stream) => {
      const ran: string[] = []
      const runnable = tools.map(({ name, description, run }) =>
        zodFunction({
          name,
          description,
          parameters: city,
          function: (input) => {
            ran.push(input.city)
            return run(input)
          },
        }),
      )
      const asked = { model, messages: [{ role: 'user' as const, content: errands.parallel }], tools: runnable }
      const { completions } = connect().chat
      const runner = stream ? completions.runTools({ ...asked, stream }) : completions.runTools(asked)
      expect(await runner.finalContent()).toMatch(/Snow in Oslo.*Noon in Rome/)
      expect(ran).toEqual(['Oslo', 'Rome'])
    })
    it('parses the arguments of a response’s call', async () => {
      const tool = zodResponsesFunction({ name: 'get_weather', parameters: city })
      const asked = { model, input: errands.one, tools: [tool] }
      const { responses } = connect()
      const call = expect.objectContaining({ type: 'function_call', parsed_arguments: { city: 'Oslo' } })
      expect((await responses.parse(asked)).output).toContainEqual(call)
      expect((await responses.stream(asked).finalResponse()).output).toContainEqual(call)
    })
  })
})

describe.each(dialectIds)('the runner of openai 7 and an upstream of %s', (upstream) => {
  it.each([
    { stream: false, eager: false },
    { stream: true, eager: false },
    { stream: true, eager: true },
  ])('runs a response’s tools until there is an answer, %o', async (options) => {
    const functions = tools.map(({ name, description, run }) =>
      runnerFunction(zodResponsesFunction({ name, description, parameters: city, function: run })),
    )
    const client = new OpenAI({ apiKey: key, baseURL: `${stage.url}/v1`, maxRetries: 0 })
    const runner = new ResponsesToolRunner({ functions })
    const last = await runner.run(client, { model: via(upstream), input: errands.steps }, { maxSteps: 5, ...options })
    expect(last.output_text).toContain('Noon in Rome')
  })
})
