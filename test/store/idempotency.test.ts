import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import { storeKinds } from '../support/stores.ts'

const minute = 60_000
const lease = { nowMs: 1_000_000, leaseMs: minute, keptMs: 24 * 60 * minute }
const later = (ms: number) => ({ ...lease, nowMs: lease.nowMs + ms })
const first = { tenant: 'key_1', name: 'a', asked: 'hash', requestId: 'req_1' }
const next = { ...first, requestId: 'req_2' }

describe.each(storeKinds())('idempotency keys on $name', ({ empty, end }) => {
  let store: Store
  beforeEach(async () => {
    store = await empty()
  })
  afterEach(() => store.close())
  afterAll(end)

  it('are claimed by one of many at once', async () => {
    const claims = await Promise.all(
      Array.from({ length: 30 }, (_, at) => store.idempotency.claim({ ...first, requestId: `req_${at}` }, lease)),
    )
    expect(claims.filter(({ is }) => is === 'ours').length).toBe(1)
    expect(claims.find(({ is }) => is !== 'ours')).toEqual({ is: 'under way', leaseUntilMs: lease.nowMs + minute })
  })

  it('are each tenant’s own', async () => {
    await store.idempotency.claim(first, lease)
    expect(await store.idempotency.claim({ ...next, tenant: 'key_2', asked: 'other' }, lease)).toEqual({ is: 'ours' })
  })

  it('give the answer that was kept, to the same question, for a day', async () => {
    await store.idempotency.claim(first, lease)
    await store.idempotency.keep(first, 'the answer')
    expect(await store.idempotency.claim(next, later(23 * 60 * minute))).toEqual({
      is: 'answered',
      answer: 'the answer',
    })
    expect(await store.idempotency.claim({ ...next, asked: 'other' }, lease)).toEqual({ is: 'different' })
    expect(await store.idempotency.claim({ ...next, asked: 'other' }, later(lease.keptMs))).toEqual({ is: 'ours' })
  })

  it('are free again when there was nothing to keep', async () => {
    await store.idempotency.claim(first, lease)
    await store.idempotency.release(first)
    expect(await store.idempotency.claim({ ...next, asked: 'other' }, lease)).toEqual({ is: 'ours' })
  })

  it('of a dead process are taken over when its lease is over, unless it is renewed', async () => {
    await store.idempotency.claim(first, lease)
    await store.idempotency.renew(first, later(minute / 2))
    expect(await store.idempotency.claim(next, later(minute))).toMatchObject({ is: 'under way' })
    expect(await store.idempotency.claim({ ...next, asked: 'other' }, later(2 * minute))).toEqual({ is: 'different' })
    const dead = { is: 'abandoned', requestId: 'req_1' }
    expect(await store.idempotency.claim(next, later(1.5 * minute))).toEqual(dead)
    expect(await store.idempotency.takeOver(next, 'req_1', later(minute))).toBe(false)
    const takers = Array.from({ length: 10 }, () => store.idempotency.takeOver(next, 'req_1', later(1.5 * minute)))
    expect((await Promise.all(takers)).filter((isTaken) => isTaken).length).toBe(1)
    // Whoever was taken for dead changes nothing any more.
    await store.idempotency.renew(first, later(100 * minute))
    await store.idempotency.keep(first, 'late')
    await store.idempotency.release(first)
    expect(await store.idempotency.claim({ ...first, requestId: 'req_3' }, later(2 * minute))).toEqual({
      is: 'under way',
      leaseUntilMs: lease.nowMs + 2.5 * minute,
    })
  })

  it('are forgotten after their day', async () => {
    await store.idempotency.claim(first, lease)
    await store.idempotency.keep(first, 'the answer')
    await store.idempotency.removeExpired(lease.nowMs + lease.keptMs - 1)
    expect(await store.idempotency.claim(next, lease)).toMatchObject({ is: 'answered' })
    await store.idempotency.removeExpired(lease.nowMs + lease.keptMs)
    expect(await store.idempotency.claim(next, lease)).toEqual({ is: 'ours' })
  })
})
