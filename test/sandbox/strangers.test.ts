import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningSandbox, type SeenRequest, startSandbox } from '../../src/sandbox/index.ts'
import { type Loose, requestOf, type Speaker, spoken } from './speakers.ts'

let sandbox: RunningSandbox
const failures: unknown[] = []
const seen: SeenRequest[] = []
beforeAll(async () => {
  sandbox = await startSandbox({ report: (error) => failures.push(error), onRequest: (request) => seen.push(request) })
})
afterAll(() => sandbox.close())

const send = (
  path: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Promise<Response> => fetch(sandbox.url + path, { method: 'POST', body, headers })

/** A body with one value somewhere in it exchanged for another. */
const disturbed = (body: Loose) =>
  fc
    .tuple(
      fc.array(fc.nat(30), { maxLength: 8 }),
      fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('constructor', 'toString', 4e9)),
    )
    .map(([path, value]) => replace(body, path, value))

function replace(node: Loose, [step, ...rest]: readonly number[], value: unknown): unknown {
  const keys = typeof node === 'object' && node !== null ? Object.keys(node) : []
  const key = keys[(step ?? 0) % keys.length]
  if (step === undefined || key === undefined) return value
  const child = replace(node[key], rest, value)
  return Array.isArray(node) ? node.with(Number(key), child) : { ...node, [key]: child }
}

const question = {
  text: 'call look with {"a":1}',
  tools: [{ name: 'look', schema: { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] } }],
  isThinking: true,
  maxTokens: 5000,
}

describe.each(spoken)('%s', (_, speaker: Speaker) => {
  const [path, body, headers] = requestOf(speaker, question)

  it('answers whatever a stranger sends, and never breaks', async () => {
    await fc.assert(
      fc.asyncProperty(disturbed(body), async (sent) => {
        const response = await send(path, JSON.stringify(sent), headers)
        expect([200, 400, 404]).toContain(response.status)
        expect(await response.json()).toBeTypeOf('object')
      }),
      { numRuns: 150 },
    )
    expect(failures).toEqual([])
  })

  it.each([
    ['no JSON', '{"model":', 'could not parse'],
    ['a list', '[]', 'must be an object'],
    ['no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 'could not parse'],
  ])('refuses %s', async (__, sent, message) => {
    const response = await send(path, sent, headers)
    expect(response.status).toBe(400)
    expect(JSON.stringify(await response.json())).toContain(message)
  })

  it('tells a test what it was asked', async () => {
    seen.length = 0
    await (await send(path, JSON.stringify(body), { ...headers, 'x-trace': 'here' })).text()
    expect(seen).toEqual([{ path, headers: expect.objectContaining({ 'x-trace': 'here' }), body }])
  })
})

describe('paths', () => {
  const head = { authorization: 'Bearer k' }

  it.each([
    ['/v1/models', head, 'data.0.object', 'model'],
    ['/v1/models/sandbox-echo', head, 'id', 'sandbox-echo'],
    ['/v1/models/sandbox-echo', { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' }, 'type', 'model'],
    ['/v1beta/models/sandbox-echo?key=k', {}, 'name', 'models/sandbox-echo'],
    ['/mounted/v1/models', head, 'object', 'list'],
  ])('%s', async (path, headers, at, value) => {
    const response = await fetch(sandbox.url + path, { headers: new Headers(Object.entries(headers)) })
    expect(response.status).toBe(200)
    expect(await response.json()).toHaveProperty(at, value)
  })

  it.each([
    ['/v1/elsewhere', 'error.type', 'invalid_request_error'],
    ['/v1/messages/elsewhere', 'type', 'error'],
    ['/v1beta/elsewhere', 'error.status', 'NOT_FOUND'],
    ['/v1/models/other', 'error.code', 'model_not_found'],
  ])('%s is nowhere', async (path, at, value) => {
    const response = await fetch(sandbox.url + path, { headers: head })
    expect(response.status).toBe(404)
    expect(await response.json()).toHaveProperty(at, value)
  })
})
