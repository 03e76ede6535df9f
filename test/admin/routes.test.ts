import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Endpoint } from '../../src/admin/api/endpoint.ts'
import { endpoints } from '../../src/admin/index.ts'
import { type Role, roles } from '../../src/model/role.ts'
import { type Manager, startManager } from './manager.ts'

let manager: Manager
let aheadMs = 0
// Wrong tokens are limited by the minute.
beforeEach(() => {
  aheadMs += 60_000
})
beforeAll(async () => {
  manager = await startManager(
    `keys: [{ name: model-key, key: sk-test-0123456789abcdef }]`,
    {},
    { clock: () => Date.now() + aheadMs },
  )
})
afterAll(() => manager.close())

const nameOf = ({ method, path }: Endpoint): string => `${method} ${path}`
const rows = endpoints.map((row) => [nameOf(row), row] as const)
/** Said here once more: a test that asked the code who may do what would agree with whatever it says. */
const rank: Record<Role, number> = { reader: 0, admin: 1, root: 2 }
const reaches = (role: Role, needed: Role): boolean => rank[role] >= rank[needed]

const guarded = rows.filter(([, { role }]) => role !== 'open')
const somePath = ({ path }: Endpoint): string => path.replace(/\{\w+\}/g, 'nothing')

/** Routes below `/api` for holders of keys: each looks at the key by itself. Nothing comes here without a thought. */
const keyHolders = ['/api/hello', '/api/usage/token', '/api/log/token', '/api/route', '/api/v1/generation']

/** `GET /api/keys/:id` of every route that the server has. */
async function registered(): Promise<string[]> {
  await manager.gateway.app.server.ready()
  const path: string[] = []
  const found: string[] = []
  for (const text of manager.gateway.app.server.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', part = '', methods = ''] = /^([│\s]*(?:[├└]── )?)(\S+) \(([A-Z, ]+)\)/.exec(text) ?? []
    if (methods === '') continue
    // Further methods of a path are on a line of their own, without a branch.
    const depth = Math.round(indent.length / 4)
    path.length = depth
    path[depth] = part
    const whole = path.join('').replace(/^\/\//, '/')
    found.push(...methods.split(', ').map((method) => `${method} ${whole}`))
  }
  return found
}

describe('the routes below /api', () => {
  it('are rows of the table, or look at keys by themselves', async () => {
    const served = (await registered()).filter((route) => / \/api(?:\/|$)/.test(route))
    const declared = new Set(
      endpoints.flatMap(({ method, path }) => {
        const url = `/api${path.replace(/\{(\w+)\}/g, ':$1')}`
        return method === 'GET' ? [`GET ${url}`, `HEAD ${url}`] : [`${method} ${url}`]
      }),
    )
    const strays = served.filter((route) => {
      const path = route.split(' ')[1] ?? ''
      return !declared.has(route) && !keyHolders.includes(path.replace(/\/$/, '')) && path !== '/api/*'
    })
    expect(strays).toEqual([])
    expect([...declared].filter((route) => !served.includes(route))).toEqual([])
    expect(served.length).toBeGreaterThan(40)
  })

  it('are there once', () => {
    expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length)
  })

  it.each(rows)('%s declares a role and a body limit', (_, { role, bodyLimit }) => {
    expect(['open', ...roles]).toContain(role)
    expect(bodyLimit).toBeGreaterThan(0)
    expect(bodyLimit).toBeLessThanOrEqual(262_144)
  })

  it('are open where that is meant', () => {
    expect(rows.filter(([, { role }]) => role === 'open').map(([name]) => name)).toEqual(['GET /openapi.json'])
  })

  it('change nothing by GET for readers, and nothing otherwise for them', () => {
    for (const [name, { method, role }] of guarded)
      expect(method === 'GET' ? ['reader', 'admin'] : ['admin', 'root'], name).toContain(role)
  })
})

describe('who may ask', () => {
  it.each(guarded)('%s: nobody without a token', async (_, row) => {
    const answer = await manager.ask(row.method, somePath(row), undefined, { token: null })
    expect(answer.status).toBe(401)
    expect(answer.body.error.request_id).toMatch(/^req_/)
  })

  it.each(guarded)('%s: no key for models', async (_, row) => {
    const answer = await manager.ask(row.method, somePath(row), undefined, { token: 'sk-test-0123456789abcdef' })
    expect(answer).toMatchObject({ status: 403, body: { error: { message: expect.stringContaining('API key') } } })
  })

  const tooLow = guarded.flatMap(([name, row]) =>
    roles.filter((role) => !reaches(role, row.role as Role)).map((role) => [name, role, row] as const),
  )
  it.each(tooLow)('%s: no %s', async (_, role, row) => {
    const answer = await manager.ask(row.method, somePath(row), undefined, { token: manager.tokens[role] })
    expect(answer.status).toBe(403)
    expect(answer.body.error).toMatchObject({ type: 'forbidden', message: expect.stringContaining(`"${row.role}"`) })
  })

  const enough = guarded.flatMap(([name, row]) =>
    roles.filter((role) => reaches(role, row.role as Role)).map((role) => [name, role, row] as const),
  )
  it.each(enough)('%s: a %s', async (_, role, row) => {
    const answer = await manager.ask(row.method, somePath(row), undefined, { token: manager.tokens[role] })
    expect([200, 400, 404]).toContain(answer.status)
  })
})

describe('what is sent', () => {
  const withBody = rows.filter(([, { method }]) => method !== 'GET')
  it.each(withBody)('%s: no more than its limit', async (_, row) => {
    const answer = await manager.ask(row.method, somePath(row), `"${'x'.repeat(row.bodyLimit)}"`)
    expect(answer.status).toBe(413)
    expect(answer.body.error.type).toBe('too_large')
  })

  it.each(withBody)('%s: no field that it does not have', async (_, row) => {
    const answer = await manager.ask(row.method, somePath(row), { role_of_owner: 'root' })
    // Where a field is missing besides, that may be told first.
    expect(answer.status).toBe(400)
    expect(answer.body.error.param).toBeDefined()
  })

  it.each(rows.filter(([, { query, method }]) => method === 'GET' && query))(
    '%s: no unknown parameter',
    async (_, row) => {
      const answer = await manager.ask('GET', `${somePath(row)}?everything=1`)
      expect(answer).toMatchObject({ status: 400, body: { error: { param: 'everything' } } })
    },
  )

  it.each([
    ['no JSON', '{', 'application/json', 400],
    ['an array', '[]', 'application/json', 400],
    ['a prototype', '{"__proto__":{"role":"root"}}', 'application/json', 400],
    ['a form', 'name=x', 'application/x-www-form-urlencoded', 415],
    ['plain text', '{"name":"x"}', 'text/plain', 415],
  ])('is JSON: %s is refused', async (_, body, type, status) => {
    const answer = await manager.ask('POST', '/groups', body, { headers: { 'content-type': type } })
    expect(answer.status).toBe(status)
    expect(answer.body.error.message).not.toMatch(/at position|Unexpected|FST_/)
  })
})

describe('what is not there', () => {
  const one = rows.filter(([, { method, path }]) => method === 'GET' && path.includes('{id}'))
  it.each(one)('%s: is one answer, whatever the id', async (_, row) => {
    const bodies = await Promise.all(
      ['acc_01k0000000aaaaaaaaaaaaaaaa', 'x', '%00', '..%2f..%2fetc', "' OR 1=1 --", 'x'.repeat(300)].map(
        async (id) => {
          const { status, body } = await manager.ask('GET', row.path.replace('{id}', id))
          return { status, ...body.error, request_id: '' }
        },
      ),
    )
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1)
    expect(bodies[0]).toMatchObject({ status: 404, type: 'not_found' })
  })

  it.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH'])('%s of a path that nobody serves', async (method) => {
    const answer = await manager.ask(method, '/models/x:generateContent', undefined, { token: null })
    expect(answer).toMatchObject({ status: 404, body: { error: { type: 'not_found' } } })
  })

  it.each([
    'cursor=nonsense',
    `cursor=${Buffer.from('{"a":1}').toString('base64url')}`,
    'limit=0',
    'limit=1000',
    'limit=x',
    'limit=1&limit=2',
  ])('a page of ?%s', async (query) => {
    for (const path of ['/accounts', '/keys', '/channels', '/requests', '/audit', '/prices', '/groups', '/models'])
      expect((await manager.ask('GET', `${path}?${query}`)).status, path).toBe(400)
  })
})

describe('answers', () => {
  it('are kept by nobody on the way', async () => {
    const { headers } = await manager.ask('GET', '/accounts')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-request-id')).toMatch(/^req_/)
  })

  it('describe the whole API, to anybody', async () => {
    const { body } = await manager.ask('GET', '/openapi.json', undefined, { token: null })
    expect(body.openapi).toBe('3.1.0')
    const described = Object.entries<Record<string, { 'x-causeway-role': string }>>(body.paths).flatMap(
      ([path, methods]) =>
        Object.entries(methods).map(([method, about]) => `${method.toUpperCase()} ${path} ${about['x-causeway-role']}`),
    )
    expect(new Set(described)).toEqual(
      new Set(endpoints.map(({ method, path, role }) => `${method} /api${path} ${role}`)),
    )
    const refs = [...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name = '']) => name,
    )
    expect(refs.length).toBeGreaterThan(endpoints.length)
    expect(refs.filter((name) => !(name in body.components.schemas))).toEqual([])
  })
})
