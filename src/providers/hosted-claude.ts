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
  /** Fields of a message that it does not take. */
  readonly unknownInMessages?: readonly string[]
  /** Betas that it takes; absent: all. */
  readonly betas?: readonly string[]
  /** Betas that have other names there. */
  readonly renamed: Readonly<Record<string, readonly string[]>>
  readonly betasIn: 'body' | 'header'
}

const firstVersion = '2023-06-01'

/** Anthropic's request in the clothes of a cloud that serves Claude. Key order is kept: prompt caches see the same bytes. */
export function wrapClaude(asked: Asked, host: ClaudeHost): Wrapped {
  const { 'anthropic-version': version = firstVersion, 'anthropic-beta': wanted = '', ...headers } = asked.headers
  const { taken, lost } = chooseBetas(wanted, host)
  const unknown = host.unknown.filter((field) => field in asked.body)
  const out = new Set([...host.moved(asked), ...unknown])
  const strays = (host.unknownInMessages ?? []).filter((field) => isInMessages(asked.body, field))
  return {
    body: {
      anthropic_version: version === firstVersion ? host.version : version,
      ...(host.betasIn === 'body' && taken.length > 0 && { anthropic_beta: taken }),
      ...Object.fromEntries(
        Object.entries(withoutStrays(markLastBlock(asked.body), strays)).filter(([field]) => !out.has(field)),
      ),
    },
    headers: {
      ...headers,
      ...(host.betasIn === 'header' && taken.length > 0 && { 'anthropic-beta': taken.join(',') }),
    },
    lost: [...lost, ...unknown.map(dropped), ...strays.map((field) => dropped(`messages[].${field}`))],
  }
}

function chooseBetas(header: string, { betas, renamed }: ClaudeHost): { taken: string[]; lost: Loss[] } {
  const named = header.split(',').flatMap((beta) => beta.trim() || [])
  const wanted = [...new Set(named.flatMap((beta) => renamed[beta] ?? [beta]))]
  const taken = betas ? wanted.filter((beta) => betas.includes(beta)) : wanted
  const lost = wanted.filter((beta) => !taken.includes(beta)).map((beta) => dropped(`anthropic-beta:${beta}`))
  return { taken, lost }
}

type Body = Asked['body']

const messagesOf = ({ messages }: Body): readonly unknown[] => (Array.isArray(messages) ? messages : [])

const isInMessages = (body: Body, field: string): boolean =>
  messagesOf(body).some((message) => typeof message === 'object' && message !== null && field in message)

function withoutStrays(body: Body, strays: readonly string[]): Body {
  if (strays.length === 0) return body
  const messages = messagesOf(body).map((message) =>
    typeof message === 'object' && message !== null
      ? Object.fromEntries(Object.entries(message).filter(([field]) => !strays.includes(field)))
      : message,
  )
  return { ...body, messages }
}
