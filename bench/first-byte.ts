import { completionsRequest, type Exchange, messagesRequest } from './exchanges.ts'
import type { Measured } from './load/job.ts'
import type { LoadProcess } from './load-process.ts'
import { median } from './median.ts'
import type { TargetName } from './targets.ts'

export const firstByteSubjects = {
  'forwarded whole': messagesRequest({ manner: 'whole', upstream: 'messages' }),
  'forwarded stream': messagesRequest({ manner: 'brief', upstream: 'messages' }),
  'translated whole': messagesRequest({ manner: 'whole', upstream: 'completions' }),
  'translated stream': messagesRequest({ manner: 'brief', upstream: 'completions' }),
} as const satisfies Record<string, Exchange>

export type FirstByteSubject = keyof typeof firstByteSubjects

// The keys of an object literal.
export const firstByteSubjectNames = Object.keys(firstByteSubjects) as readonly FirstByteSubject[]

/** Who is asked: a target, or the upstream itself. */
export type Asked = TargetName | 'upstream'

export type FirstBytes = Measured['firstByteMs']

interface Plan {
  readonly origins: Readonly<Partial<Record<Asked, string>>>
  readonly rounds: number
  readonly seconds: number
  /** Requests a second for whole answers; a stream costs more, so half as many are sent. */
  readonly perSecond: number
}

/** Times to the first byte of the body at a fixed rate, medians over rounds. */
export async function measureFirstBytes(load: LoadProcess, plan: Plan) {
  const samples = new Map<string, FirstBytes[]>()
  for (let round = 0; round < plan.rounds; round++)
    // An object of our own, keyed by `Asked`.
    for (const subject of firstByteSubjectNames)
      for (const [asked, origin] of Object.entries(plan.origins) as [Asked, string][]) {
        const exchange = exchangeFor(asked, subject)
        const perSecond = subject.endsWith('stream') ? plan.perSecond / 2 : plan.perSecond
        const requests = Math.ceil(perSecond * plan.seconds)
        const measured = await load.measure({ kind: 'rate', origin, exchange, perSecond, requests })
        const name = nameOf(asked, subject)
        samples.set(name, [...(samples.get(name) ?? []), measured.firstByteMs])
      }
  return (asked: Asked, subject: FirstByteSubject, percentile: keyof FirstBytes): number | undefined =>
    median((samples.get(nameOf(asked, subject)) ?? []).map((sample) => sample[percentile]))
}

export type FirstByteOf = Awaited<ReturnType<typeof measureFirstBytes>>

const nameOf = (asked: Asked, subject: FirstByteSubject): string => `${asked}: ${subject}`

/** Whoever cannot translate is asked in the upstream's own format. */
function exchangeFor(asked: Asked, subject: FirstByteSubject): Exchange {
  if (asked === 'causeway' || subject.startsWith('forwarded')) return firstByteSubjects[subject]
  return completionsRequest({ manner: subject === 'translated whole' ? 'whole' : 'brief', upstream: 'completions' })
}
