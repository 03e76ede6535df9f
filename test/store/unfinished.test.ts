import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { storeKinds } from '../support/stores.ts'

const row = { requestId: 'req_1', tenant: 'key_1', responseId: 'resp_1', terms: '{"a":1}', lookAtMs: 1_795_000_000_000 }

describe.each(storeKinds())('unfinished answers on $name', ({ empty, end }) => {
  let store: Store
  beforeEach(async () => {
    store = await empty()
  })
  afterEach(() => store.close())
  afterAll(end)

  it('are found by their key and their id, and by nobody else’s', async () => {
    await store.unfinished.put(row)
    expect(await store.unfinished.of('key_1', 'resp_1')).toEqual([row])
    expect(await store.unfinished.of('key_2', 'resp_1')).toEqual([])
    expect(await store.unfinished.of('key_1', 'resp_2')).toEqual([])
  })

  it('are as they were written last', async () => {
    await store.unfinished.put(row)
    await store.unfinished.put({ ...row, terms: '{}' })
    expect(await store.unfinished.of('key_1', 'resp_1')).toEqual([{ ...row, terms: '{}' }])
  })

  it('are due in the order of their looks, some at a time', async () => {
    for (const at of [3, 1, 2]) await store.unfinished.put({ ...row, requestId: `req_${at}`, lookAtMs: at })
    const due = async (nowMs: number, most: number) =>
      (await store.unfinished.due(nowMs, most)).map(({ requestId }) => requestId)
    expect(await due(0, 9)).toEqual([])
    expect(await due(2, 9)).toEqual(['req_1', 'req_2'])
    expect(await due(9, 2)).toEqual(['req_1', 'req_2'])
  })

  it('are looked at by one of many who would', async () => {
    await store.unfinished.put(row)
    const takers = Array.from({ length: 10 }, (_, at) => store.unfinished.take(row, row.lookAtMs + 1 + at))
    expect((await Promise.all(takers)).filter((isTaken) => isTaken).length).toBe(1)
  })

  it('are removed once', async () => {
    await store.unfinished.put(row)
    expect([await store.unfinished.remove('req_1'), await store.unfinished.remove('req_1')]).toEqual([true, false])
    expect(await store.unfinished.of('key_1', 'resp_1')).toEqual([])
  })
})
