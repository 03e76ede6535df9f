import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RequestRow } from '../../src/store/requests.ts'
import { dayMs } from '../../src/store/spending.ts'
import type { Store } from '../../src/store/store.ts'
import { storeKinds } from '../support/stores.ts'

const row = (number: number, more: Partial<RequestRow> = {}): RequestRow => ({
  id: `req_${number}`,
  atMs: number * dayMs + 5,
  account: 'acc_1',
  keyId: 'key_1',
  model: 'm',
  channel: 'c',
  outcome: 'answered',
  charged: 10n ** BigInt(number),
  detail: {},
  ...more,
})

describe.each(storeKinds())('sums of the request log on $name', ({ empty, end }) => {
  let store: Store
  beforeEach(async () => {
    store = await empty()
  })
  afterEach(() => store.close())
  afterAll(end)

  it('are of a key or an account, in all or in some days, both ends included', async () => {
    await store.requests.add([row(0), row(1), row(2), row(3, { keyId: 'key_2' }), row(4, { account: 'acc_2' })])
    const sum = store.spending.sum
    expect(await sum({ keyId: 'key_1' })).toBe(10_111n)
    expect(await sum({ keyId: 'key_2' })).toBe(1_000n)
    expect(await sum({ account: 'acc_1' })).toBe(1_111n)
    expect(await sum({ account: 'acc_1' }, { fromMs: dayMs, toMs: 2 * dayMs })).toBe(110n)
    expect(await sum({ account: 'acc_1' }, { fromMs: dayMs + 77, toMs: 3 * dayMs - 1 })).toBe(110n)
    expect(await sum({ account: 'acc_1' }, { fromMs: 5 * dayMs, toMs: 6 * dayMs })).toBe(0n)
    expect(await sum({ keyId: 'nobody' })).toBe(0n)
  })

  it('hold more than a number can', async () => {
    const beyond = 9_007_199_254_740_993n
    await store.requests.add([row(1, { charged: beyond }), row(2, { charged: 2n })])
    expect(await store.spending.sum({ keyId: 'key_1' })).toBe(beyond + 2n)
  })

  it('count a row once, however often and in whatever company it is written', async () => {
    const twice = [row(1), row(2), row(1, { charged: 77n }), row(2)]
    await store.requests.add(twice)
    await Promise.all(Array.from({ length: 8 }, () => store.requests.add([...twice, row(3)])))
    expect(await store.spending.sum({ keyId: 'key_1' })).toBe(1_110n)
  })

  it.each(['swept', 'recovered'])(
    'count a row as its own process tells it, when another has written it: %s',
    async (outcome) => {
      await store.requests.add([row(1, { outcome, keyId: '', charged: 7n }), row(2, { outcome, charged: 5n })])
      const late = row(1, { outcome: 'gone', charged: 30n, detail: { usage: { output: 3 } } })
      await store.requests.add([late, row(3)])
      await store.requests.add([row(1, { outcome, charged: 7n }), late, row(2, { outcome, charged: 99n })])
      expect(await store.requests.find('req_1')).toEqual(late)
      expect((await store.requests.find('req_2'))?.charged).toBe(5n)
      expect(await store.spending.sum({ keyId: '' })).toBe(0n)
      expect(await store.spending.sum({ keyId: 'key_1' })).toBe(1_035n)
      expect(await store.spending.sum({ account: 'acc_1' })).toBe(1_035n)
    },
  )

  it('are whole after many at once, of many keys', async () => {
    const rows = Array.from({ length: 600 }, (_, at) =>
      row(at, { id: `req_${at}`, keyId: `key_${at % 7}`, atMs: (at % 5) * dayMs, charged: 1n }),
    )
    await Promise.all(
      Array.from({ length: 12 }, (_, part) => store.requests.add(rows.filter((__, at) => at % 12 === part))),
    )
    expect(await store.spending.sum({ account: 'acc_1' })).toBe(600n)
    expect(await store.spending.sum({ keyId: 'key_3' })).toBe(86n)
  })
})

describe.each(storeKinds())('a request on $name', ({ empty, end }) => {
  let store: Store
  beforeEach(async () => {
    store = await empty()
  })
  afterEach(() => store.close())
  afterAll(end)

  it('is found by its id and its answer’s, by its key alone', async () => {
    const own = row(1, { answerId: 'chatcmpl-1' })
    const newer = row(2, { answerId: 'chatcmpl-1' })
    const others = row(3, { keyId: 'key_2', answerId: 'chatcmpl-1' })
    await store.requests.add([own, newer, others, row(4)])
    expect(await store.requests.findOf('key_1', 'req_1')).toEqual(own)
    expect(await store.requests.findOf('key_1', 'chatcmpl-1')).toEqual(newer)
    expect(await store.requests.findOf('key_2', 'chatcmpl-1')).toEqual(others)
    for (const id of ['req_3', 'chatcmpl-2', '']) expect(await store.requests.findOf('key_1', id)).toBeUndefined()
  })
})
