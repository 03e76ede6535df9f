import type { DialectId } from '../../src/model/dialect.ts'
import { startSandbox } from '../../src/sandbox/index.ts'

/** What a test asks, before a format gives it shape. */
export interface Question {
  readonly text: string
  readonly model?: string
  readonly isThinking?: boolean
  readonly tools?: readonly Tool[]
  readonly schema?: object
  readonly image?: { readonly mime: string; readonly base64: string }
  readonly maxTokens?: number
}

export interface Tool {
  readonly name: string
  readonly schema: object
}

/** What a test hears, whichever format said it. */
export interface Heard {
  thinking: string
  text: string
  calls: { name: string; input: unknown }[]
  end: string
  input: number
  output: number
}

// Bodies of answers are looked into freely here; a wrong path shows as a failed expectation.
// biome-ignore lint/suspicious/noExplicitAny: the shapes under test are not typed
export type Loose = any

/** How one format is spoken and understood, written apart from the product's own codecs. */
export interface Speaker {
  path(model: string, isStream: boolean): string
  readonly headers: Readonly<Record<string, string>>
  body(question: Question): Record<string, unknown>
  hear(body: Loose): Heard
  /** The data of a stream's frames, in order. */
  follow(frames: readonly Loose[]): Heard
  /** How the format calls the ends that a question can lead to. */
  readonly ends: Readonly<Record<'end' | 'calls' | 'length', string>>
}

const silence = (): Heard => ({ thinking: '', text: '', calls: [], end: '', input: 0, output: 0 })

const messages: Speaker = {
  path: () => '/v1/messages',
  headers: { 'x-api-key': 'any', 'anthropic-version': '2023-06-01' },
  body: ({ text, isThinking, tools, schema, image, maxTokens = 5000 }) => ({
    max_tokens: maxTokens,
    messages: [
      {
        role: 'user',
        content: [
          ...(image ? [{ type: 'image', source: { type: 'base64', media_type: image.mime, data: image.base64 } }] : []),
          { type: 'text', text },
        ],
      },
    ],
    ...(isThinking && { thinking: { type: 'adaptive' } }),
    ...(tools && { tools: tools.map(({ name, schema: input_schema }) => ({ name, input_schema })) }),
    ...(schema && { output_config: { format: { type: 'json_schema', schema } } }),
  }),
  hear(body) {
    const heard = {
      ...silence(),
      end: body.stop_reason,
      input: body.usage.input_tokens,
      output: body.usage.output_tokens,
    }
    for (const block of body.content) {
      if (block.type === 'thinking') heard.thinking += block.thinking
      if (block.type === 'text') heard.text += block.text
      if (block.type === 'tool_use') heard.calls.push({ name: block.name, input: block.input })
    }
    return heard
  },
  follow(frames) {
    const blocks: Loose[] = []
    const [{ message }] = frames
    for (const { type, index, content_block: block, delta } of frames) {
      if (type === 'content_block_start') blocks[index] = { ...block, json: '' }
      if (type !== 'content_block_delta') continue
      blocks[index].text += delta.text ?? ''
      blocks[index].thinking += delta.thinking ?? ''
      blocks[index].json += delta.partial_json ?? ''
    }
    const content = blocks.map((block) => ({ ...block, input: JSON.parse(block.json || '{}') }))
    const last = frames.at(-2)
    return this.hear({
      ...message,
      content,
      stop_reason: last.delta.stop_reason,
      usage: { ...message.usage, ...last.usage },
    })
  },
  ends: { end: 'end_turn', calls: 'tool_use', length: 'max_tokens' },
}

const chat: Speaker = {
  path: () => '/v1/chat/completions',
  headers: { authorization: 'Bearer any' },
  body: ({ text, isThinking, tools, schema, image, maxTokens }) => ({
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text },
          ...(image ? [{ type: 'image_url', image_url: { url: `data:${image.mime};base64,${image.base64}` } }] : []),
        ],
      },
    ],
    ...(maxTokens !== undefined && { max_completion_tokens: maxTokens }),
    ...(isThinking && { reasoning_effort: 'low' }),
    ...(tools && {
      tools: tools.map(({ name, schema: parameters }) => ({ type: 'function', function: { name, parameters } })),
    }),
    ...(schema && { response_format: { type: 'json_schema', json_schema: { name: 'shape', schema } } }),
  }),
  hear: ({ choices: [{ message, finish_reason: end }], usage }) => ({
    thinking: message.reasoning_content ?? '',
    text: message.content ?? '',
    calls: (message.tool_calls ?? []).map(({ function: { name, arguments: input } }: Loose) => ({
      name,
      input: JSON.parse(input),
    })),
    end,
    input: usage.prompt_tokens,
    output: usage.completion_tokens,
  }),
  follow(frames) {
    const message: Loose = { reasoning_content: '', content: '', tool_calls: [] }
    let end = ''
    for (const { delta, finish_reason: reason } of frames.flatMap((frame) => frame.choices)) {
      message.reasoning_content += delta.reasoning_content ?? ''
      message.content += delta.content ?? ''
      end = reason ?? end
      for (const { index, function: part } of delta.tool_calls ?? []) {
        message.tool_calls[index] ??= { function: { name: part.name, arguments: '' } }
        message.tool_calls[index].function.arguments += part.arguments
      }
    }
    return this.hear({ choices: [{ message, finish_reason: end }], usage: frames.at(-1).usage })
  },
  ends: { end: 'stop', calls: 'tool_calls', length: 'length' },
}

const responses: Speaker = {
  path: () => '/v1/responses',
  headers: { authorization: 'Bearer any' },
  body: ({ text, isThinking, tools, schema, image, maxTokens }) => ({
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text },
          ...(image
            ? [{ type: 'input_image', detail: 'auto', image_url: `data:${image.mime};base64,${image.base64}` }]
            : []),
        ],
      },
    ],
    ...(maxTokens !== undefined && { max_output_tokens: maxTokens }),
    ...(isThinking && { reasoning: { effort: 'low', summary: 'auto' } }),
    ...(tools && {
      tools: tools.map(({ name, schema: parameters }) => ({ type: 'function', name, parameters, strict: false })),
    }),
    ...(schema && { text: { format: { type: 'json_schema', name: 'shape', schema } } }),
  }),
  hear({ output, status, incomplete_details: details, usage }) {
    const heard = {
      ...silence(),
      end: details?.reason ?? status,
      input: usage.input_tokens,
      output: usage.output_tokens,
    }
    for (const item of output) {
      if (item.type === 'reasoning') heard.thinking += item.summary.map((part: Loose) => part.text).join('')
      if (item.type === 'message') heard.text += item.content[0].text
      if (item.type === 'function_call') heard.calls.push({ name: item.name, input: JSON.parse(item.arguments) })
    }
    return heard
  },
  follow(frames) {
    const deltas = frames.filter(({ type }) => type.endsWith('.delta'))
    const join = (kind: string) =>
      deltas
        .filter(({ type }) => type === `response.${kind}.delta`)
        .map(({ delta }) => delta)
        .join('')
    const heard = this.hear(frames.at(-1).response)
    return { ...heard, text: join('output_text'), thinking: join('reasoning_summary_text') }
  },
  ends: { end: 'completed', calls: 'completed', length: 'max_output_tokens' },
}

const generate: Speaker = {
  path: (model, isStream) =>
    `/v1beta/models/${model}:${isStream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  headers: { 'x-goog-api-key': 'any' },
  body: ({ text, isThinking, tools, schema, image, maxTokens }) => ({
    contents: [
      {
        role: 'user',
        parts: [{ text }, ...(image ? [{ inlineData: { mimeType: image.mime, data: image.base64 } }] : [])],
      },
    ],
    ...(tools && {
      tools: [
        {
          functionDeclarations: tools.map(({ name, schema: parametersJsonSchema }) => ({ name, parametersJsonSchema })),
        },
      ],
    }),
    generationConfig: {
      ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
      ...(isThinking && { thinkingConfig: { includeThoughts: true } }),
      ...(schema && { responseMimeType: 'application/json', responseJsonSchema: schema }),
    },
  }),
  hear(body) {
    return this.follow([body])
  },
  follow(frames) {
    const heard = silence()
    for (const {
      candidates: [candidate],
      usageMetadata: usage,
    } of frames) {
      for (const { text = '', thought, functionCall: call } of candidate.content.parts) {
        heard[thought ? 'thinking' : 'text'] += text
        if (call) heard.calls.push({ name: call.name, input: call.args })
      }
      heard.end = candidate.finishReason ?? heard.end
      heard.input = usage.promptTokenCount
      heard.output = (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0)
    }
    return heard
  },
  ends: { end: 'STOP', calls: 'STOP', length: 'MAX_TOKENS' },
}

export const speakers: Readonly<Record<DialectId, Speaker>> = {
  'anthropic-messages': messages,
  'openai-chat': chat,
  'openai-responses': responses,
  gemini: generate,
}

/** The four formats for `describe.each`. */
export const spoken = Object.entries(speakers)

export interface Conversation {
  readonly url: string
  /** Sends a body as it is. */
  send(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** Asks in one format and understands the answer. */
  ask(speaker: Speaker, question: Question, isStream?: boolean): Promise<Heard>
  close(): Promise<void>
}

/** A sandbox of its own for one file of tests. */
export async function converse(): Promise<Conversation> {
  const sandbox = await startSandbox({ clock: () => Date.parse('2026-06-01T00:00:00Z') })
  const send = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(sandbox.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  return { url: sandbox.url, send, ask: (...asked) => ask(send, ...asked), close: sandbox.close }
}

async function ask(send: Conversation['send'], speaker: Speaker, question: Question, isStream = false): Promise<Heard> {
  const response = await send(...requestOf(speaker, question, isStream))
  if (response.status !== 200) throw new Error(await response.text())
  return isStream ? speaker.follow(framesOf(await response.text())) : speaker.hear(await response.json())
}

/** Path, body and headers of a question. */
export function requestOf(
  speaker: Speaker,
  question: Question,
  isStream = false,
): [string, Loose, Record<string, string>] {
  const model = question.model ?? 'sandbox-1'
  const path = speaker.path(model, isStream)
  const options = path.includes('/chat/') && isStream && { stream_options: { include_usage: true } }
  const named = path.includes('/models/') ? {} : { model, ...(isStream && { stream: true }), ...options }
  return [path, { ...named, ...speaker.body(question) }, { ...speaker.headers }]
}

/** The data of all frames but the mark of the end. */
export const framesOf = (text: string): Loose[] =>
  [...text.matchAll(/^data: (.*?)\r?$/gm)]
    .map(([, data = '']) => data)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data))
