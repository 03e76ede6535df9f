import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Endpoint } from '../../src/admin/api/endpoint.ts'
import { endpoints } from '../../src/admin/index.ts'
import { type Manager, startManager } from './manager.ts'

let manager: Manager
let account: string
let key: string
let channel: string
beforeAll(async () => {
  manager = await startManager()
  account = (await manager.done('POST', '/accounts', { name: 'acme' })).id
  key = (await manager.done('POST', '/keys', { name: 'k', account })).id
  channel = (await manager.done('POST', '/channels', { name: 'c', provider: 'openai' })).id
  await manager.done('POST', '/groups', { name: 'vip' })
})
afterAll(() => manager.close())

interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  /** Of names that anybody may choose. */
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly minimum?: number
  readonly maximum?: number
}

interface Field {
  readonly path: readonly (string | 0)[]
  readonly schema: Schema
}

/** Every number that a body can hold, with its way from the top. */
function numbers(schema: Schema, path: Field['path'] = []): Field[] {
  if (schema.type === 'integer' || schema.type === 'number') return [{ path, schema }]
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) => numbers(one, [...path, name])),
    ...(typeof schema.additionalProperties === 'object' ? numbers(schema.additionalProperties, [...path, 'some']) : []),
    ...(schema.items ? numbers(schema.items, [...path, 0]) : []),
    ...(schema.anyOf ?? []).flatMap((one) => numbers(one, path)),
  ]
}

const fields = endpoints.flatMap((row) => {
  if (!row.body) return []
  // What zod writes is JSON Schema.
  const schema = z.toJSONSchema(row.body, { io: 'input', unrepresentable: 'any' }) as Schema
  return numbers(schema).map((field) => [`${row.method} ${row.path}: ${field.path.join('.')}`, row, field] as const)
})

/** As text, because JSON.stringify would not write them. */
const bad: readonly (readonly [string, string])[] = [
  ['negative', '-1'],
  ['a fraction', '0.5'],
  ['just above a whole number', '1.0000000000000002'],
  ['infinite', '1e400'],
  ['minus infinity', '-1e400'],
  ['2^53', '9007199254740992'],
  ['2^64 - 2^24 (a known exploit)', '18446744073686646784'],
  ['1e30', '1e30'],
  ['text', '"1"'],
  ['empty text', '""'],
  ['true', 'true'],
  ['a list', '[1]'],
  ['an object', '{"$gt":0}'],
]

/** Where less than nothing means something. */
const maySink = /adjust: amount_nano$|: priority$/

const required: Readonly<Record<string, object>> = {
  'POST /accounts': { name: 'other' },
  'POST /keys': { name: 'k' },
  'POST /groups': { name: 'other' },
  'POST /channels': { name: 'other', provider: 'openai' },
  'POST /model-limits': { model: 'm' },
  'POST /prices': { model: 'm', input_nano: 1 },
  'POST /accounts/{id}/credit': { reason: 'why' },
  'POST /accounts/{id}/adjust': { reason: 'why' },
}

const urlOf = ({ path }: Endpoint): string =>
  path
    .replace('/accounts/{id}', `/accounts/${account}`)
    .replace('/keys/{id}', `/keys/${key}`)
    .replace('/channels/{id}', `/channels/${channel}`)
    .replace('{name}', 'vip')

/** `{ a: [{ b: HERE }] }` as JSON. */
const nested = ([step, ...rest]: Field['path'], value: string): string => {
  if (step === undefined) return value
  return step === 0 ? `[${nested(rest, value)}]` : `{${JSON.stringify(step)}:${nested(rest, value)}}`
}

const bodyOf = (row: Endpoint, { path }: Field, value: string): string => {
  const others = JSON.stringify(
    Object.fromEntries(
      Object.entries(required[`${row.method} ${row.path}`] ?? {}).filter(([name]) => name !== path[0]),
    ),
  )
  // A tier says where it begins.
  const isRate = path.includes('above') && path.at(-1) !== 'tokens'
  const own = isRate
    ? nested(path.slice(0, -1), `{"tokens":1,${JSON.stringify(path.at(-1))}:${value}}`)
    : nested(path, value)
  return `{${[others.slice(1, -1), own.slice(1, -1)].filter((part) => part !== '').join(',')}}`
}

describe('numbers', () => {
  it('are in the bodies of these routes', () => {
    const rows = new Set(fields.map(([, { method, path }]) => `${method} ${path}`))
    expect(fields.length).toBeGreaterThan(55)
    for (const row of Object.keys(required)) expect(rows).toContain(row)
  })

  it.each(fields)('%s has a least and a most', (_, __, { schema }) => {
    expect(schema.type).toBe('integer')
    expect(schema.minimum).toBeGreaterThanOrEqual(-Number.MAX_SAFE_INTEGER)
    expect(schema.maximum).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER)
  })

  it.each(fields)('%s is refused where it is none that can be, by its name', async (name, row, field) => {
    for (const [what, value] of bad) {
      if (what === 'negative' && maySink.test(name)) continue
      const answer = await manager.ask(row.method, urlOf(row), bodyOf(row, field, value))
      expect(answer.status, `${what}: ${answer.text}`).toBe(400)
      expect(answer.body.error.param, what).toBe(field.path.join('.'))
    }
  })

  it('that were refused have changed nothing', async () => {
    expect(await manager.done('GET', `/accounts/${account}`)).toMatchObject({
      balance_nano: '0',
      credit_limit_nano: '0',
    })
    expect(await manager.done('GET', `/accounts/${account}/ledger`)).toEqual({ data: [], next: null })
    expect(
      (await manager.done('GET', '/prices')).data.filter(({ source }: { source: string }) => source === 'api'),
    ).toEqual([])
  })

  it('are taken at their ends', async () => {
    const most = Number.MAX_SAFE_INTEGER
    const { id } = await manager.done('POST', '/accounts', { name: 'rich', credit_limit_nano: most })
    await manager.done('POST', `/accounts/${id}/credit`, { amount_nano: most, reason: 'all of it' })
    const account = await manager.done('POST', `/accounts/${id}/credit`, { amount_nano: most, reason: 'again' })
    expect(account).toMatchObject({
      balance_nano: '18014398509481982',
      balance_usd: '18014398.509481982',
      credit_limit_usd: '9007199.254740991',
    })
    await manager.done('POST', `/accounts/${id}/adjust`, { amount_nano: -most, reason: 'back' })
    expect(await manager.done('GET', `/accounts/${id}`)).toMatchObject({ balance_nano: String(most) })
  })
})
