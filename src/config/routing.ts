import { z } from 'zod'
import { defaultRouting, policyNames, type Routing } from '../model/routing.ts'

const model = z.string().min(1).max(512)

export const routingFields = {
  routing: z
    .strictObject({
      /** The first counts most. */
      policies: z
        .array(z.enum(policyNames))
        .refine((names) => new Set(names).size === names.length, { error: 'a policy is there twice' })
        .default([...defaultRouting.policies]),
      /** Attempts after the first, for each request on the average. */
      retry_ratio: z.number().min(0).max(10).default(defaultRouting.retryRatio),
    })
    .prefault({}),
  /** Who stands in, by the name or glob of who does not answer. */
  fallbacks: z.record(model, z.array(model).min(1).max(10)).default({}),
}

const fields = z.object(routingFields)

export const routingOf = ({ routing, fallbacks }: z.output<typeof fields>): Routing => ({
  policies: routing.policies,
  retryRatio: routing.retry_ratio,
  fallbacks: Object.entries(fallbacks).map(([name, models]) => ({ name, models })),
})
