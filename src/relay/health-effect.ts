import type { Fault, FaultClass } from '../model/fault.ts'
import { dateIn } from './named-date.ts'

/**
 * What a fault of an upstream says about the one who was asked.
 * `nothing`: it is about the request. `lane`: this model is not to be had there with this secret for a while.
 * `credential`: the secret is of no use for any model. `trouble`: one of them means little, several open the breaker.
 */
export type Effect =
  | { readonly on: 'nothing' }
  | { readonly on: 'trouble'; readonly restMs?: number }
  | { readonly on: 'lane' | 'credential'; readonly restMs: number; readonly mostMs: number }

const nothing: Effect = { on: 'nothing' }
const trouble: Effect = { on: 'trouble' }
const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** First rests; a fault that comes again after its rest makes the next one twice as long, up to the most. */
export const effects: Readonly<Record<FaultClass, Effect>> = {
  invalid: nothing,
  context_length: nothing,
  content_policy: nothing,
  unsupported: nothing,
  unprocessable: nothing,
  not_found: nothing,
  client_timeout: nothing,
  conflict: nothing,
  too_large: nothing,
  encoding: nothing,
  cancelled: nothing,
  rate_limit: { on: 'lane', restMs: 5_000, mostMs: 2 * minuteMs },
  model_not_found: { on: 'lane', restMs: minuteMs, mostMs: hourMs },
  // A right that is missing is missing for a model; the others may be had.
  permission: { on: 'lane', restMs: 30_000, mostMs: hourMs },
  auth: { on: 'credential', restMs: 30_000, mostMs: hourMs },
  billing: { on: 'credential', restMs: hourMs, mostMs: 24 * hourMs },
  overloaded: { on: 'trouble', restMs: 3_000 },
  internal: trouble,
  bad_gateway: trouble,
  timeout: trouble,
}

/**
 * How long a vendor asks to be left alone, in milliseconds; undefined: it does not say. A spent balance may say when its month
 * ends, also in words alone.
 */
export function askedMs({ class: faultClass, message, retryAfterMs }: Fault, nowMs: number): number | undefined {
  const untilMs = faultClass === 'billing' ? dateIn(message, nowMs) : undefined
  const asked = Math.max(retryAfterMs ?? 0, untilMs === undefined ? 0 : untilMs - nowMs)
  return asked > 0 ? Math.min(asked, longestAskedMs(faultClass)) : undefined
}

const longestAskedMs = (faultClass: FaultClass): number => (faultClass === 'billing' ? 31 * 24 : 1) * hourMs

/** What a fault says about who was asked. A customer who runs out of money is no fault of a vendor's. */
export const effectOf = (broken: Fault): Effect => (broken.isOwn ? nothing : effects[broken.class])

/** What the upstream said: its refusals of our account are told to clients in other words. */
export function firstFault(told: Fault): Fault {
  const { cause } = told
  return isFault(cause) ? firstFault(cause) : told
}

const isFault = (value: unknown): value is Fault =>
  typeof value === 'object' && value !== null && 'class' in value && Object.hasOwn(effects, String(value.class))
