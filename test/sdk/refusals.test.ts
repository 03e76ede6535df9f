import Anthropic from '@anthropic-ai/sdk'
import { ApiError, GoogleGenAI } from '@google/genai'
import OldAnthropic from 'anthropic-sdk-0137'
import OpenAI from 'openai'
import OldOpenAI from 'openai-6'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialectIds } from '../../src/model/dialect.ts'
import { type Gateway, startGateway, via } from '../support/gateway.ts'
import { type Stage, startStage } from './stage.ts'

/** What the SDKs throw where an upstream says a status, where the gateway itself refuses, and where nobody answers. */
let stage: Stage
/** Lets little through, and its key to one model alone. */
let narrow: Gateway
const key = 'sk-narrow-0123456789abcdef'

beforeAll(async () => {
  stage = await startStage()
  narrow = await startGateway(`
sandbox: true
limits: { body_bytes: 4096 }
keys: [{ name: narrow, key: ${key}, models: [sandbox-echo] }]`)
})
afterAll(async () => {
  await stage.close()
  await narrow.close()
})

interface Asked {
  readonly url: string
  readonly key: string
  readonly model: string
  readonly text: string
  readonly retries?: number
  readonly timeoutMs?: number
}

/** What an error must be: its class, and its status. */
type Told = readonly [type: unknown, status: number]

interface Sdk {
  readonly ask: (asked: Asked) => Promise<unknown>
  readonly told: Readonly<Record<number, Told>>
  readonly timeout: unknown
}

const says = (content: string) => [{ role: 'user' as const, content }]
const optionsOf = ({ key, retries = 0, timeoutMs = 20_000 }: Asked) => ({
  apiKey: key,
  maxRetries: retries,
  timeout: timeoutMs,
})

function anthropic(sdk: typeof Anthropic): Sdk {
  return {
    ask: (asked) =>
      new sdk({ ...optionsOf(asked), baseURL: asked.url }).messages.create({
        model: asked.model,
        max_tokens: 99,
        messages: says(asked.text),
      }),
    told: {
      400: [sdk.BadRequestError, 400],
      401: [sdk.InternalServerError, 502],
      403: [sdk.InternalServerError, 502],
      413: [sdk.APIError, 413],
      429: [sdk.RateLimitError, 429],
      500: [sdk.InternalServerError, 500],
      503: [sdk.InternalServerError, 529],
      529: [sdk.InternalServerError, 529],
    },
    timeout: sdk.APIConnectionTimeoutError,
  }
}

const openaiTold = (sdk: typeof OpenAI): Sdk['told'] => ({
  400: [sdk.BadRequestError, 400],
  401: [sdk.InternalServerError, 502],
  403: [sdk.InternalServerError, 502],
  413: [sdk.APIError, 413],
  429: [sdk.RateLimitError, 429],
  500: [sdk.InternalServerError, 500],
  503: [sdk.InternalServerError, 503],
  529: [sdk.InternalServerError, 503],
})

const chat = (sdk: typeof OpenAI): Sdk => ({
  ask: (asked) =>
    new sdk({ ...optionsOf(asked), baseURL: `${asked.url}/v1` }).chat.completions.create({
      model: asked.model,
      messages: says(asked.text),
    }),
  told: openaiTold(sdk),
  timeout: sdk.APIConnectionTimeoutError,
})

const responses = (sdk: typeof OpenAI): Sdk => ({
  ask: (asked) =>
    new sdk({ ...optionsOf(asked), baseURL: `${asked.url}/v1` }).responses.create({
      model: asked.model,
      input: asked.text,
    }),
  told: openaiTold(sdk),
  timeout: sdk.APIConnectionTimeoutError,
})

const google: Sdk = {
  ask: ({ url, key, model, text, retries = 0, timeoutMs = 20_000 }) =>
    new GoogleGenAI({
      apiKey: key,
      httpOptions: {
        baseUrl: url,
        timeout: timeoutMs,
        ...(retries > 0 && { retryOptions: { attempts: retries + 1, initialDelay: 0.01, jitter: 0 } }),
      },
    }).models.generateContent({ model, contents: text }),
  told: {
    400: [ApiError, 400],
    401: [ApiError, 502],
    403: [ApiError, 502],
    413: [ApiError, 413],
    429: [ApiError, 429],
    500: [ApiError, 500],
    503: [ApiError, 503],
    529: [ApiError, 503],
  },
  timeout: Error,
}

// Older, but all that is called here is in both and of the same shape.
const [oldAnthropic, oldOpenAI] = [OldAnthropic as unknown as typeof Anthropic, OldOpenAI as unknown as typeof OpenAI]

const sdks: Readonly<Record<string, Sdk>> = {
  'sdk 1.12': anthropic(Anthropic),
  'sdk 0.137': anthropic(oldAnthropic),
  'openai 7, chat': chat(OpenAI),
  'openai 6, chat': chat(oldOpenAI),
  'openai 7, responses': responses(OpenAI),
  'openai 6, responses': responses(oldOpenAI),
  'genai 3': google,
}

/** What was thrown; undefined where nothing was. */
const thrownBy = (asking: Promise<unknown>): Promise<unknown> =>
  asking.then(
    () => undefined,
    (error: unknown) => error,
  )

describe.each(Object.entries(sdks))('%s', (_, { ask, told, timeout }) => {
  const atStage = (asked: Pick<Asked, 'model' | 'text' | 'retries' | 'timeoutMs'>) =>
    thrownBy(ask({ url: stage.url, key: 'sk-test-0123456789abcdef', ...asked }))
  const atNarrow = (model: string, text: string) => thrownBy(ask({ url: narrow.url, key, model, text }))

  describe.each(dialectIds)('and an upstream of %s', (upstream) => {
    const model = via(upstream)

    it.each(Object.entries(told))('throws when it says %s', async (status, [type, toldStatus]) => {
      const thrown = await atStage({ model, text: `sandbox:fail=${status}` })
      expect(thrown).toBeInstanceOf(type)
      expect(thrown).toMatchObject({ status: toldStatus })
    })
    it.each([400, 413])('does not ask again when it says %s', async (status) => {
      stage.takeSeen()
      await atStage({ model, text: `sandbox:fail=${status}`, retries: 1 })
      expect(stage.takeSeen()).toHaveLength(1)
    })
    it('does not wait for ever', async () => {
      expect(await atStage({ model, text: 'sandbox:fail=silence', timeoutMs: 200 })).toBeInstanceOf(timeout)
    })
  })

  it('asks again when an upstream has a bug', async () => {
    stage.takeSeen()
    await atStage({ model: via('openai-chat'), text: 'sandbox:fail=500', retries: 1 })
    expect(stage.takeSeen()).toHaveLength(2)
  })
  it('is refused a model that its key may not use', async () => {
    expect(await atNarrow('sandbox-echo', 'Hi')).toBeUndefined()
    expect(await atNarrow('sandbox-1', 'Hi')).toMatchObject({ status: 403 })
  })
  it('is refused a body that is too large', async () => {
    expect(await atNarrow('sandbox-echo', 'word '.repeat(1000))).toMatchObject({ status: 413 })
  })
})
