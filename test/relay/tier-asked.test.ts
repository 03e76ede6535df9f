import { describe, expect, it } from 'vitest'
import type { Tier } from '../../src/model/request.ts'
import type { BodyShape } from '../../src/model/shaping.ts'
import { tierAsked } from '../../src/relay/service-tier.ts'

describe('the tier that a request asks for', () => {
  const cases: readonly (readonly [body: Record<string, unknown>, tier: Tier | undefined, shape?: BodyShape])[] = [
    [{}, undefined],
    [{ service_tier: 'flex' }, 'flex'],
    [{ service_tier: 'default' }, 'standard'],
    [{ service_tier: 'standard_only' }, 'standard'],
    [{ service_tier: 'auto' }, 'auto'],
    [{ service_tier: 'auto', speed: 'fast' }, 'fast'],
    [{ service_tier: 'priority', speed: 'standard' }, 'priority'],
    [{ serviceTier: 'priority' }, 'priority'],
    [{ serviceTier: 'SERVICE_TIER_FLEX' }, 'flex'],
    [{ serviceTier: { type: 'flex' } }, 'flex'],
    [{ service_tier: 'constructor' }, undefined],
    [{ service_tier: 7, serviceTier: null, speed: [] }, undefined],
    [{}, 'priority', { set: { service_tier: 'priority' } }],
    [{ service_tier: 'priority' }, undefined, { remove: ['service_tier'] }],
    [{ service_tier: 'priority' }, 'flex', { remove: ['service_tier'], set: { service_tier: 'flex' } }],
    [{ service_tier: 'priority' }, 'priority', { set: { user: 'x' } }],
  ]
  for (const [body, tier, shape] of cases)
    it(`${JSON.stringify(body)}${shape ? ` shaped by ${JSON.stringify(shape)}` : ''}: ${tier}`, () =>
      expect(tierAsked(body, shape)).toBe(tier))
})
