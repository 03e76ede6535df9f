import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { key, type SandboxGateway, startSandboxGateway, via } from '../support/gateway.ts'

// Objects that cannot be made a string or a number of, and half a character, wherever a request has anything: JSON lets
// anybody send them.

type Json = string | number | boolean | null | readonly Json[] | { readonly [field: string]: Json }
type Path = readonly (string | number)[]

const strange: readonly Json[] = [{ toString: '' }, { valueOf: 1, toString: 2 }, '\ud800']
const schema = { type: 'object', properties: { a: { type: 'string', enum: ['x'] } } }
const png = 'iVBORw0KGgo='

const requests: Record<DialectId, (model: string) => readonly [path: string, body: Json]> = {
  'anthropic-messages': (model) => [
    '/v1/messages',
    {
      model,
      max_tokens: 2000,
      system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }],
      metadata: { user_id: 'u' },
      thinking: { type: 'enabled', budget_tokens: 1024 },
      tool_choice: { type: 'auto' },
      tools: [{ name: 't', description: 'd', input_schema: schema }],
      messages: [
        { role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 't', input: { a: 'x' } }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'tool_reference', tool_name: 't' }] },
          ],
        },
      ],
      output_config: { effort: 'low' },
      usage: { include: true },
      provider: { sort: 'price' },
    },
  ],
  'openai-chat': (model) => [
    '/v1/chat/completions',
    {
      model,
      max_tokens: 50,
      n: 1,
      reasoning_effort: 'low',
      stop: ['x'],
      tools: [{ type: 'function', function: { name: 't', parameters: schema } }],
      tool_choice: { type: 'function', function: { name: 't' } },
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }] },
        { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 't', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: 'c', content: 'r' },
      ],
      user: 'u',
      models: [model],
    },
  ],
  'openai-responses': (model) => [
    '/v1/responses',
    {
      model,
      store: false,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'n', schema } },
      tools: [
        { type: 'function', name: 't', parameters: schema },
        { type: 'custom', name: 'p', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
      ],
      input: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
        { type: 'function_call', call_id: 'c1', name: 't', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: 'o' }] },
        { type: 'custom_tool_call', call_id: 'c2', name: 'p', input: 'x' },
        { type: 'custom_tool_call_output', call_id: 'c2', output: 'y' },
      ],
    },
  ],
  gemini: (model) => [
    `/v1beta/models/${model}:generateContent`,
    {
      contents: [
        { role: 'user', parts: [{ text: 'hi' }, { inlineData: { mimeType: 'image/png', data: png } }] },
        { role: 'model', parts: [{ functionCall: { id: 'i', name: 't', args: { a: 1 } }, thoughtSignature: 'skip' }] },
        { role: 'user', parts: [{ functionResponse: { id: 'i', name: 't', response: { output: 'x' } } }] },
      ],
      systemInstruction: { parts: [{ text: 's' }] },
      tools: [{ functionDeclarations: [{ name: 't', parameters: schema }] }],
      toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
      generationConfig: { maxOutputTokens: 50, stopSequences: ['x'], thinkingConfig: { thinkingLevel: 'low' } },
    },
  ],
}

const isTree = (value: Json | undefined): value is readonly Json[] | { readonly [field: string]: Json } =>
  typeof value === 'object' && value !== null

function* places(node: Json, path: Path = []): Generator<Path> {
  if (!isTree(node)) return
  for (const [name, child] of Object.entries(node)) {
    yield [...path, name]
    yield* places(child, [...path, name])
  }
}

function put(node: Json, [step, ...rest]: Path, value: Json): Json {
  if (step === undefined) return value
  if (Array.isArray(node)) return node.map((child: Json, at) => (String(at) === step ? put(child, rest, value) : child))
  if (!isTree(node)) return node
  return Object.fromEntries(
    Object.entries(node).map(([name, child]) => [name, name === step ? put(child, rest, value) : child]),
  )
}

let gateway: SandboxGateway
beforeAll(async () => {
  gateway = await startSandboxGateway()
})
afterAll(() => gateway.close())

describe.each(dialectIds)('a client of %s', (client) => {
  it.each(dialectIds)('gets an answer or a refusal for %s, never a breakdown', async (upstream) => {
    const [path, body] = requests[client](via(upstream))
    const broken: string[] = []
    for (const place of places(body))
      for (const value of strange) {
        const answer = await fetch(gateway.url + path, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}` },
          body: JSON.stringify(put(body, place, value)),
        })
        const text = await answer.text()
        if (answer.status >= 500) broken.push(`${place.join('.')}: ${answer.status} ${text}`)
      }
    expect(broken).toEqual([])
  })
})
