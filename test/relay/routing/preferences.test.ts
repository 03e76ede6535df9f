import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { dialectIds } from '../../../src/model/dialect.ts'
import { ask, type Fleet, refuses, startFleet } from './fleet.ts'

let fleet: Fleet
beforeAll(async () => {
  fleet = await startFleet(
    {
      first: 'models: [m, dear], priority: 3',
      second: 'models: [m, n], priority: 2',
      third: 'models: [m, n, o], priority: 1',
    },
    'prices: [{ model: dear, input: 30, output: 60 }]',
  )
})
afterAll(() => fleet.close())
afterEach(() => {
  for (const name of ['first', 'second', 'third']) fleet.says(name)
})

const whoWasAsked = async (asking: Parameters<typeof ask>[1]): Promise<string> => {
  fleet.forget()
  await ask(fleet, asking)
  return fleet
    .asked()
    .map(({ channel }) => channel)
    .join(' ')
}

describe.each(dialectIds)('preferences in %s', (format) => {
  const cases: Record<string, readonly [object, string]> = {
    'nothing said': [{}, 'first'],
    'an order': [{ order: ['third', 'second'] }, 'third'],
    'only some': [{ only: ['second', 'third'] }, 'second'],
    'some ignored': [{ ignore: ['first', 'second'] }, 'third'],
    'whatever is in upper case': [{ order: ['THIRD'] }, 'third'],
    'a provider, which all of them are': [{ only: ['sandbox'] }, 'first'],
    'nobody whom the client wants': [{ only: ['elsewhere'] }, ''],
    'nothing dear, and nothing is': [{ max_price: { prompt: 1, completion: '2.5' } }, 'first'],
  }
  it.each(Object.entries(cases))('%s', async (_, [provider, expected]) => {
    expect(await whoWasAsked({ format, body: { provider } })).toBe(expected)
  })

  it('are never forwarded, neither is `models` nor `route`', async () => {
    fleet.forget()
    const body = { provider: { sort: 'price', order: ['third'] }, models: ['n', 'o'], route: 'fallback', later: 1 }
    expect((await ask(fleet, { format, body })).status).toBe(200)
    const [asked] = fleet.asked()
    expect(asked?.body).not.toHaveProperty('provider')
    expect(asked?.body).not.toHaveProperty('models')
    expect(asked?.body).not.toHaveProperty('route')
    // What nobody has heard of is not ours to take.
    expect(asked?.body).toHaveProperty('later', 1)
  })

  const refusals: Record<string, readonly [object, string]> = {
    'no object': [{ provider: 'first' }, 'provider'],
    'a name where a list is due': [{ provider: { order: 'first' } }, 'provider.order'],
    'a number among names': [{ provider: { only: ['first', 3] } }, 'provider.only'],
    'another order than there is': [{ provider: { sort: 'beauty' } }, 'provider.sort'],
    'a negative price': [{ provider: { max_price: { prompt: -1 } } }, 'provider.max_price.prompt'],
    'a price that is none': [{ provider: { max_price: { completion: 'NaN' } } }, 'provider.max_price.completion'],
    'a word where yes or no is due': [{ provider: { allow_fallbacks: 'no' } }, 'provider.allow_fallbacks'],
    'one model where a list is due': [{ models: 'n' }, 'models'],
    'more models than anybody would wait for': [{ models: Array(11).fill('n') }, 'models'],
    'a promise that nobody here can make': [{ provider: { data_collection: 'deny' } }, 'provider.data_collection'],
    another: [{ provider: { zdr: true } }, 'provider.zdr'],
    'a route that is no word': [{ route: 1 }, 'route'],
  }
  it.each(Object.entries(refusals))('are refused by name: %s', async (_, [body, field]) => {
    fleet.forget()
    const answer = await ask(fleet, { format, body })
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(`${field}: `)])
    expect(fleet.asked()).toEqual([])
  })
})

describe('preferences', () => {
  it.each([
    { provider: { allow_fallbacks: false }, asked: 'first', status: 500 },
    { provider: { allow_fallbacks: false, order: ['first', 'second'] }, asked: 'first second', status: 200 },
    { provider: {}, asked: 'first second', status: 200 },
  ])('say who stands in: $provider', async ({ provider, asked, status }) => {
    fleet.says('first', refuses(500))
    fleet.forget()
    expect((await ask(fleet, { body: { provider } })).status).toBe(status)
    expect(
      fleet
        .asked()
        .map(({ channel }) => channel)
        .join(' '),
    ).toBe(asked)
  })

  it('leave out who is too dear', async () => {
    const cheap = await ask(fleet, { model: 'dear', body: { provider: { max_price: { prompt: 29 } } } })
    expect([cheap.status, cheap.text]).toEqual([404, expect.stringContaining('fits `provider`')])
    expect((await ask(fleet, { model: 'dear', body: { provider: { max_price: { prompt: 30 } } } })).status).toBe(200)
  })

  it('that mean nothing here are told by name', async () => {
    const provider = {
      quantizations: ['fp8'],
      data_collection: 'allow',
      zdr: false,
      max_price: { image: 1 },
      sort: { by: 'latency', partition: 'none' },
    }
    const { headers, status } = await ask(fleet, { body: { provider } })
    expect([status, headers.get('x-causeway-lost')]).toEqual([
      200,
      'provider.quantizations, provider.max_price.image, provider.sort.partition',
    ])
  })

  it('that name models need not name the first of them twice', async () => {
    fleet.forget()
    const answer = await ask(fleet, { body: { model: undefined, models: ['n', 'o'] } })
    expect([answer.status, answer.body.model]).toEqual([200, 'n'])
    expect(fleet.asked()[0]?.body.model).toBe('n')
  })
})
