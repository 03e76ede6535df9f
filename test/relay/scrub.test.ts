import { describe, expect, it } from 'vitest'
import { type FaultClass, fault } from '../../src/model/fault.ts'
import { presentable } from '../../src/relay/scrub.ts'

describe('an upstream’s fault, as its client may see it', () => {
  it.each(['auth', 'permission', 'billing'] satisfies FaultClass[])('never is the client’s own: %s', (ours) => {
    const told = presentable(fault(ours, 'Your key sk-ant-123456 is wrong.', { details: { key: 'x' } }))
    expect(told).toMatchObject({ class: 'bad_gateway', message: expect.not.stringContaining('sk-') })
    expect(told).not.toHaveProperty('details')
  })

  it('keeps the details that clients act on', () => {
    const details = { error_code: 'thread_not_found' }
    expect(presentable(fault('not_found', 'gone', { details })).details).toEqual(details)
  })

  it.each([{ see: 'https://internal.example/x' }, { account: { id: 'org-0123456789' } }])(
    'tells no details that hold a secret: %j',
    (details) => {
      expect(presentable(fault('invalid', 'no', { details }))).not.toHaveProperty('details')
    },
  )
})
