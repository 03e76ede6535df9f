import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dialectIds } from '../../src/model/dialect.ts'
import { type RunningSandbox, type SeenRequest, startSandbox } from '../../src/sandbox/index.ts'
import type { Json } from '../support/formats/format.ts'
import { type Gateway, key, startGateway } from '../support/gateway.ts'

/** A server that knows functions alone, though it speaks the client's format. */
const plain = 'plain'
const upstreams = [...dialectIds.filter((format) => format !== 'openai-responses'), plain]
const models = upstreams.map((name) => [name, `${name}/sandbox-1`] as const)

let sandbox: RunningSandbox
let gateway: Gateway
const asked: SeenRequest[] = []
beforeAll(async () => {
  sandbox = await startSandbox({ onRequest: (seen) => asked.push(seen) })
  const channels = models.map(
    ([name, model]) => `
  - name: ${name}
    provider: ${name === plain ? 'ollama' : 'sandbox'}
    base_url: ${sandbox.url}
    keys: [upstream-key]
    dialects: [${name === plain ? 'openai-responses' : name}]
    models: [{ name: ${model}, upstream: sandbox-1 }]`,
  )
  gateway = await startGateway(`sandbox: false\nchannels:${channels.join('')}\nkeys: [{ name: test, key: ${key} }]`)
})
afterAll(async () => {
  await gateway.close()
  await sandbox.close()
})

async function post(body: Json): Promise<Json[]> {
  const response = await fetch(`${gateway.url}/v1/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ store: false, ...body }),
  })
  const { error, output }: Json = JSON.parse(await response.text())
  expect(error).toBeNull()
  return output
}

const user = (text: string): Json => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
const schema = { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] }
const search = { type: 'tool_search', execution: 'client', description: 'Finds tools.', parameters: schema }
const run = { type: 'function', name: 'run', parameters: { type: 'object', properties: {} }, strict: false }
const exec = { type: 'custom', name: 'exec', format: { type: 'grammar', syntax: 'lark', definition: 'start: /.+/' } }
const functions = { type: 'namespace', name: 'functions', description: '', tools: [exec, run] }

describe.each(models)('tools of coding agents, asked of %s', (name, model) => {
  it('a search of their own comes back as one, and what it found can be called', async () => {
    const order = user('call tool_search with {"query":"agents"} then call agents__run with {}')
    const first = await post({ model, tools: [search], input: [order] })
    const call = first.find(({ type }) => type === 'tool_search_call')
    expect(call).toMatchObject({ execution: 'client', arguments: { query: 'agents' }, call_id: expect.any(String) })
    const found = { type: 'tool_search_output', call_id: call?.call_id, execution: 'client', status: 'completed' }
    const namespace = { type: 'namespace', name: 'agents', description: 'd', tools: [{ ...run, defer_loading: true }] }
    const input = [order, ...first, { ...found, tools: [namespace] }]
    const next = await post({ model, tools: [search], input })
    expect(next.at(-1)).toMatchObject({ type: 'function_call', name: 'run', namespace: 'agents' })
  })

  it('free text in a namespace that an item brings along comes back with both of its names', async () => {
    // Chat Completions has free-text tools; elsewhere the sandbox says what a function's argument is.
    const code = name === 'openai-chat' ? 'text(1)' : JSON.stringify({ input: 'text(1)' })
    const brought = { type: 'additional_tools', role: 'developer', tools: [functions] }
    const output = await post({ model, input: [brought, user(`call functions__exec with ${code}`)] })
    const call = { type: 'custom_tool_call', name: 'exec', namespace: 'functions', input: 'text(1)' }
    expect(output.at(-1)).toMatchObject(call)
  })
})

it('a plain server is sent functions alone', async () => {
  await post({ model: `${plain}/sandbox-1`, tools: [search, functions], input: [user('Hello')] })
  const { tools }: Json = asked.at(-1)?.body ?? {}
  expect(tools.map(({ type }: Json) => type)).toEqual(['function', 'function', 'function'])
})
