import { dropped, type Loss } from '../model/loss.ts'
import { markLastBlock } from './hosted-cache.ts'
import type { Asked, Wrapped } from './provider.ts'

/** How a cloud wants Anthropic's body: without these fields, with the version inside, betas where it looks for them. */
export interface ClaudeHost {
  /** The version that means Anthropic's `2023-06-01` there. */
  readonly version: string
  /** Fields that the cloud says elsewhere; taking them out loses nothing. */
  readonly moved: (asked: Asked) => readonly string[]
  /** Fields that the cloud does not take. */
  readonly unknown: readonly string[]
  /** Betas that it takes; absent: all. */
  readonly betas?: readonly string[]
  readonly betasIn: 'body' | 'header'
}

const firstVersion = '2023-06-01'

/** Anthropic's request in the clothes of a cloud that serves Claude. Key order is kept: prompt caches see the same bytes. */
export function wrapClaude(asked: Asked, host: ClaudeHost): Wrapped {
  const { 'anthropic-version': version = firstVersion, 'anthropic-beta': wanted = '', ...headers } = asked.headers
  const { taken, lost } = chooseBetas(wanted, host)
  const unknown = host.unknown.filter((field) => field in asked.body)
  const out = new Set([...host.moved(asked), ...unknown])
  return {
    body: {
      anthropic_version: version === firstVersion ? host.version : version,
      ...(host.betasIn === 'body' && taken.length > 0 && { anthropic_beta: taken }),
      ...Object.fromEntries(Object.entries(markLastBlock(asked.body)).filter(([field]) => !out.has(field))),
    },
    headers: {
      ...headers,
      ...(host.betasIn === 'header' && taken.length > 0 && { 'anthropic-beta': taken.join(',') }),
    },
    lost: [...lost, ...unknown.map(dropped)],
  }
}

function chooseBetas(header: string, { betas }: ClaudeHost): { taken: string[]; lost: Loss[] } {
  const wanted = [...new Set(header.split(',').flatMap((beta) => beta.trim() || []))]
  const taken = betas ? wanted.filter((beta) => betas.includes(beta)) : wanted
  const lost = wanted.filter((beta) => !taken.includes(beta)).map((beta) => dropped(`anthropic-beta:${beta}`))
  return { taken, lost }
}
