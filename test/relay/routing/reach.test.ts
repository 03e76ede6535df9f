import { expect, it } from 'vitest'
import { defaultAccountId, defaultGroup } from '../../../src/model/account.ts'
import { channelsFor } from '../../../src/relay/reach.ts'
import { snapshot } from '../../../src/store/snapshot.ts'

const channel = (name: string) => ({ name, provider: 'p', secrets: [], models: [], priority: 0, weight: 1 })
const names = ['east-1', 'east-2', 'west']

const reached = (channels: readonly string[] | undefined): string[] => {
  const group = channels && { name: defaultGroup, multiplierPpm: 1_000_000n, channels, source: 'file' as const }
  const taken = snapshot({
    keys: [],
    channels: names.map(channel),
    accounts: [
      {
        id: defaultAccountId,
        name: 'default',
        group: defaultGroup,
        isEnabled: true,
        limits: {},
        source: 'built-in',
        createdAtMs: 0,
      },
    ],
    groups: group ? [group] : [],
    trustedProxies: [],
  })
  const own = channelsFor(taken, { account: defaultAccountId })
  // What is worked out from the list is kept with it, so that it must be one and the same.
  expect(channelsFor(taken, { account: defaultAccountId })).toBe(own)
  return own.map(({ name }) => name)
}

it.each([
  { group: ['*'], leads: names },
  { group: ['east-*'], leads: ['east-1', 'east-2'] },
  { group: ['west', 'east-2'], leads: ['east-2', 'west'] },
  { group: ['elsewhere'], leads: [] },
  { group: undefined, leads: [] },
])('a group of $group leads to $leads', ({ group, leads }) => {
  expect(reached(group)).toEqual(leads)
})
