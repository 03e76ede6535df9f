import { expect, it } from 'vitest'
import { limiter } from '../../../src/ledger/limit/limiter.ts'
import type { Channel } from '../../../src/model/rows.ts'
import { provider } from '../../../src/providers/index.ts'
import type { Candidate } from '../../../src/relay/candidate.ts'
import { type Seated, seats } from '../../../src/relay/seats.ts'

it('what other processes are told of a credential does not hold it', () => {
  const limits = limiter(() => 0)
  const channel: Channel = {
    name: 'one',
    provider: 'sandbox',
    secrets: ['sk-vendor-first', 'sk-vendor-second'],
    models: [{ name: 'm' }],
    priority: 0,
    weight: 1,
    limits: { concurrency: 9 },
    credentialLimits: { concurrency: 9 },
  }
  const sandbox = provider('sandbox')
  const offer = sandbox?.formats['openai-chat']
  if (!sandbox || !offer) throw new Error('the sandbox speaks this format')
  // Of the relay, seats ask the limiter alone where no model stands in.
  const seated = { relay: { till: { limiter: limits } }, model: 'm', bytes: Buffer.from('{}') } as unknown as Seated
  for (const secret of channel.secrets) {
    const candidate: Candidate = {
      channel,
      provider: sandbox,
      format: 'openai-chat',
      offer,
      model: 'm',
      name: 'm',
      secret,
    }
    seats(seated).take(candidate)
  }
  const told = JSON.stringify([...limits.takeUses()])
  expect(JSON.parse(told)).toHaveLength(3)
  expect(told).not.toContain('sk-vendor')
})
