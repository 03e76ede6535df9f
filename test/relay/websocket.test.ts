import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { KeyRow } from '../../src/model/rows.ts'
import type { Json } from '../support/formats/format.ts'
import { type Gateway, key, type SandboxGateway, startGateway, startSandboxGateway, via } from '../support/gateway.ts'
import { type Fleet, startFleet } from './routing/fleet.ts'

let gateway: SandboxGateway
beforeAll(async () => {
  gateway = await startSandboxGateway()
})
afterAll(() => gateway.close())

/** Sends messages one after the other, each when the last response is over, and gives the events of every turn. */
async function talk(
  turns: readonly ((last: Json | undefined) => Json | string)[],
  bearer = key,
  server: Gateway = gateway,
): Promise<Json[][]> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/responses`, {
    headers: { authorization: `Bearer ${bearer}` },
  } as unknown as string[])
  const seen: Json[][] = []
  await new Promise<void>((resolve, reject) => {
    const next = () => {
      const turn = turns[seen.length]
      if (!turn) return socket.close()
      const message = turn(seen.at(-1)?.at(-1))
      seen.push([])
      socket.send(typeof message === 'string' ? message : JSON.stringify({ type: 'response.create', ...message }))
    }
    socket.onopen = next
    socket.onclose = () => resolve()
    socket.onerror = () => reject(new Error('the socket failed'))
    socket.onmessage = ({ data }) => {
      const event: Json = JSON.parse(String(data))
      seen.at(-1)?.push(event)
      if (/^(response\.(completed|failed|incomplete)|error)$/.test(event.type)) next()
    }
  })
  return seen
}

describe.each(['openai-responses', 'anthropic-messages'] as const)('responses over a WebSocket from %s', (upstream) => {
  const model = via(upstream, 'sandbox-1')

  it('tells the same events as a stream', async () => {
    const [events = []] = await talk([() => ({ model, input: 'Hello', store: false })])
    expect(events[0]?.type).toBe('response.created')
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed', model } })
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, at) => at))
  })

  it('goes on from its last response, stored or not', async () => {
    const turns = await talk([
      () => ({ model, input: 'My name is Ada.', store: false }),
      (last) => ({ model, input: 'And mine is Bo.', store: false, previous_response_id: last?.response.id }),
    ])
    expect(turns[1]?.at(-1)?.type).toBe('response.completed')
    const asked = JSON.stringify(gateway.asked.at(-1)?.body)
    expect(asked).toContain('My name is Ada.')
    expect(asked).toContain('And mine is Bo.')
  })

  it('remembers what is sent ahead without asking a model', async () => {
    const before = gateway.asked.length
    const [warm = [], answer = []] = await talk([
      () => ({ model, input: 'My name is Ada.', store: false, generate: false }),
      (last) => ({ model, input: 'And mine is Bo.', store: false, previous_response_id: last?.response.id }),
    ])
    expect(warm.map(({ type }) => type)).toEqual(['response.created', 'response.in_progress', 'response.completed'])
    expect(warm.at(-1)?.response).toMatchObject({ status: 'completed', output: [], usage: { total_tokens: 0 } })
    expect(answer.at(-1)?.type).toBe('response.completed')
    expect(gateway.asked).toHaveLength(before + 1)
    const asked = JSON.stringify(gateway.asked.at(-1)?.body)
    expect(asked).toContain('My name is Ada.')
    expect(asked).toContain('And mine is Bo.')
    expect(asked).not.toContain('generate')
  })

  it.each([429, 529])('says in a refusal when to try again after %d', async (status) => {
    const [events = []] = await talk([() => ({ model, input: `sandbox:fail=${status}`, store: false })])
    expect(events).toEqual([
      expect.objectContaining({
        type: 'error',
        headers: expect.objectContaining({ 'retry-after': expect.any(String) }),
      }),
    ])
  })

  it('refuses a response that it does not know', async () => {
    const [events = []] = await talk([() => ({ model, input: 'x', store: false, previous_response_id: 'resp_no' })])
    expect(events).toEqual([
      expect.objectContaining({
        type: 'error',
        error: expect.objectContaining({ code: 'previous_response_not_found' }),
      }),
    ])
  })
})

describe('preferences over a WebSocket', () => {
  let fleet: Fleet
  beforeAll(async () => {
    fleet = await startFleet({ first: 'models: [m], priority: 2', second: 'models: [m, n]', third: 'models: [o]' })
  })
  afterAll(() => fleet.close())

  it.each([
    { said: { model: 'm' }, asked: 'first' },
    { said: { model: 'm', provider: { order: ['second'] } }, asked: 'second' },
    { said: { model: 'm', provider: { ignore: ['first'] } }, asked: 'second' },
    { said: { models: ['nobody', 'o'] }, asked: 'third' },
    { said: { model: 'm', provider: { only: ['third'] } }, asked: '', error: 'no_provider_left' },
    { said: { model: 'm', provider: { sort: 'beauty' } }, asked: '', error: null },
  ])('are obeyed and never forwarded: $said', async ({ said, asked, error }) => {
    fleet.forget()
    const [events = []] = await talk([() => ({ ...said, input: 'Hello', store: false })], key, fleet.gateway)
    if (error === undefined) expect(events.at(-1)).toMatchObject({ type: 'response.completed' })
    else
      expect(events).toMatchObject([
        { type: 'error', error: { code: error, param: expect.stringMatching(/^provider/) } },
      ])
    expect(
      fleet
        .asked()
        .map(({ channel }) => channel)
        .join(' '),
    ).toBe(asked)
    for (const { body } of fleet.asked()) expect(body).not.toHaveProperty('provider')
    for (const { body } of fleet.asked()) expect(body).not.toHaveProperty('models')
  })
})

it('takes requests for an hour and then asks for a new connection', async () => {
  let nowMs = Date.now()
  const old = await startGateway(`sandbox: true\nkeys: [{ name: test, key: ${key} }]`, {}, { clock: () => nowMs })
  const later = () => {
    nowMs += 61 * 60_000
    return { model: 'sandbox-1', input: 'Hello again' }
  }
  const turns = await talk([() => ({ model: 'sandbox-1', input: 'Hello' }), later], key, old)
  await old.close()
  expect(turns.map((events) => events.at(-1)?.type)).toEqual(['response.completed', 'error'])
  expect(turns[1]?.[0]).toMatchObject({ error: { code: 'websocket_connection_limit_reached' } })
})

it('compresses where the client offers it', async () => {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/v1/responses`, {
    headers: { authorization: `Bearer ${key}` },
    // Types of the browser's constructor know no headers.
  } as unknown as string[])
  await new Promise((resolve) => {
    socket.onopen = resolve
  })
  expect(socket.extensions).toContain('permessage-deflate')
  socket.close()
})

it('says what is wrong with a message and goes on', async () => {
  const model = via('gemini')
  const turns = await talk([() => '{"type"', () => '{"type":"hello"}', () => ({ model, input: 'Hello' })])
  expect(turns.map((events) => events.at(-1)?.type)).toEqual(['error', 'error', 'response.completed'])
})

it('tells an unknown key once and closes', async () => {
  await expect(talk([() => ({ model: 'x', input: 'y' })], 'sk-wrong')).resolves.toEqual([
    [expect.objectContaining({ type: 'error', status: 401 })],
  ])
})

describe('a connection that is open while its key changes', () => {
  let fleet: Fleet
  let nowMs = 0
  beforeEach(async () => {
    nowMs = Date.now()
    fleet = await startFleet({ only: 'models: [m]' }, '', { clock: () => nowMs })
  })
  afterEach(() => fleet.close())

  /** Asks again and again until it is refused; gives the refusal, and the code with which the connection was closed. */
  async function refusalAfter(change: (key: KeyRow) => Promise<unknown>): Promise<readonly [Json, number]> {
    const { store } = fleet.gateway.app
    const [row] = await store.keys.list()
    if (!row) throw new Error('there is a key')
    const socket = new WebSocket(`${fleet.gateway.url.replace('http', 'ws')}/v1/responses`, {
      headers: { authorization: `Bearer ${key}` },
    } as unknown as string[])
    let refusal: Json
    const ask = () => socket.send(JSON.stringify({ type: 'response.create', model: 'm', input: 'Hi', store: false }))
    let answered = 0
    return new Promise((resolve, reject) => {
      socket.onopen = ask
      socket.onerror = () => reject(new Error('the socket failed'))
      socket.onclose = ({ code }) => resolve([refusal, code])
      socket.onmessage = async ({ data }) => {
        const event: Json = JSON.parse(String(data))
        if (event.type === 'error') refusal = event
        if (event.type !== 'response.completed') return
        if (answered++ === 0) await change(row)
        ask()
      }
    })
  }

  const save = async (row: KeyRow, scope: Partial<KeyRow['scope']>) =>
    fleet.gateway.app.store.keys.add({ ...row, scope: { ...row.scope, ...scope } })
  const changes: readonly (readonly [string, number, (row: KeyRow) => Promise<unknown>])[] = [
    ['is revoked', 401, ({ id }) => fleet.gateway.app.store.keys.revoke(id, nowMs)],
    ['expires', 401, (row) => save(row, { expiresAtMs: nowMs + 60_000 }).then(() => (nowMs += 60_001))],
    ['loses the route', 403, (row) => save(row, { routes: ['count'] })],
    [
      'has an account that is switched off',
      403,
      async ({ account }) => {
        const { accounts } = fleet.gateway.app.store
        const own = (await accounts.list()).find(({ id }) => id === account)
        if (own) await accounts.save({ ...own, isEnabled: false })
      },
    ],
  ]
  it.each(changes)('that %s is refused its next turn, and closed', async (_, status, change) => {
    const [refusal, code] = await refusalAfter(change)
    expect([refusal?.status, code]).toEqual([status, 1008])
  })
})
