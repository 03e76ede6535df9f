import type { DialectId } from '../../src/model/dialect.ts'
import type { SeenRequest } from '../../src/sandbox/index.ts'

// Bodies of requests are looked into freely here; a wrong path shows as a failed case.
// biome-ignore lint/suspicious/noExplicitAny: the shapes under test are not typed
type Loose = any

/** What a request to an upstream holds, read by the rules of its format. */
export interface Reading {
  /** What tools answered, as text, in the order of their calls. */
  results(body: Loose): string[]
  /** Pictures in base64, in order. */
  pictures(body: Loose): string[]
  /** Names of the tools that are offered. */
  tools(body: Loose): string[]
  /** The model's signed reasoning that came back, where the format has a place for it. */
  thoughts?(body: Loose): unknown[]
}

const list = (value: Loose): Loose[] => (Array.isArray(value) ? value : [])
const textOf = (content: Loose): string =>
  typeof content === 'string'
    ? content
    : list(content)
        .map((part) => part.text ?? part.tool_name ?? '')
        .join('\n')
const dataOf = (url: Loose): string[] => (typeof url === 'string' ? [url.slice(url.indexOf(',') + 1)] : [])

const messages: Reading = {
  results: (body) =>
    blocksOf(body, 'tool_use').flatMap(({ id }) =>
      blocksOf(body, 'tool_result')
        .filter((block) => block.tool_use_id === id)
        .map((block) => textOf(block.content)),
    ),
  pictures: (body) =>
    [...blocksOf(body, 'image'), ...blocksOf(body, 'tool_result').flatMap((block) => list(block.content))]
      .filter((block) => block.type === 'image')
      .map((block) => block.source.data),
  tools: (body) => list(body.tools).map((tool) => tool.name),
  thoughts: (body) => blocksOf(body, 'thinking').filter((block) => block.signature),
}
const blocksOf = (body: Loose, type: string): Loose[] =>
  list(body.messages)
    .flatMap((message) => list(message.content))
    .filter((block) => block.type === type)

const chat: Reading = {
  results: (body) =>
    list(body.messages)
      .flatMap((message) => list(message.tool_calls))
      .flatMap(({ id }) => list(body.messages).filter((message) => message.tool_call_id === id))
      .map(({ content }) => textOf(content)),
  pictures: (body) =>
    list(body.messages)
      .flatMap(({ content }) => list(content))
      .flatMap((part) => dataOf(part.image_url?.url)),
  tools: (body) => list(body.tools).map((tool) => (tool.function ?? tool.custom).name),
}

const responses: Reading = {
  results: (body) =>
    list(body.input)
      .filter(({ type }) => /_call$/.test(type))
      .flatMap(({ call_id: id }) =>
        list(body.input).filter((item) => item.call_id === id && /_output$/.test(item.type)),
      )
      .map(({ output, tools }) => (output === undefined ? JSON.stringify(tools) : textOf(output))),
  pictures: (body) =>
    list(body.input)
      .flatMap(({ content, output }) => [...list(content), ...list(output)])
      .flatMap((part) => dataOf(part.image_url)),
  tools: (body) =>
    [...list(body.tools), ...list(body.input).flatMap((item) => list(item.tools))].flatMap((tool) =>
      tool.type === 'namespace' ? list(tool.tools).map(({ name }) => name) : [tool.name ?? tool.type],
    ),
  thoughts: (body) => list(body.input).filter((item) => item.type === 'reasoning' && item.encrypted_content),
}

const gemini: Reading = {
  results: (body) =>
    partsOf(body)
      .filter((part) => part.functionResponse)
      .map(({ functionResponse: { response } }) => response.output ?? response.error ?? JSON.stringify(response)),
  pictures: (body) =>
    partsOf(body)
      .flatMap((part) => [part, ...list(part.functionResponse?.parts)])
      .flatMap((part) => (part.inlineData ? [part.inlineData.data] : [])),
  tools: (body) => list(body.tools).flatMap((tool) => list(tool.functionDeclarations).map(({ name }) => name)),
  thoughts: (body) => partsOf(body).filter((part) => part.thoughtSignature),
}
const partsOf = (body: Loose): Loose[] => list(body.contents).flatMap(({ parts }) => list(parts))

/** Tables by format, so that a new format must say how it is read. */
export const readings: Readonly<Record<DialectId, Reading>> = {
  'anthropic-messages': messages,
  'openai-chat': chat,
  'openai-responses': responses,
  gemini,
}

/** Requests to the upstreams that offer tools: the tool's own loop, without titles and other side calls. */
export const loopOf = (format: DialectId, asked: readonly SeenRequest[]): readonly SeenRequest[] =>
  asked.filter(({ body }) => readings[format].tools(body).length > 0)
