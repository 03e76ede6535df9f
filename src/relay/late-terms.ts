import { hash } from 'node:crypto'
import type { Price } from '../ledger/price/price.ts'
import type { Tier } from '../model/request.ts'

/** On what terms an answer is charged that comes when its request is over: as they were when it was asked for. */
export interface Terms {
  readonly requestId: string
  readonly account: string
  readonly keyId: string
  /** As the client called it. */
  readonly model: string
  readonly startedAtMs: number
  readonly channel: string
  readonly provider: string
  /** The vendor's own name of the model. */
  readonly upstream: string
  /** Digest of the secret that it was asked with: others may be of another account. */
  readonly credential: string
  readonly charged: Price
  readonly cost?: Price
  /** The service tier that was asked for. */
  readonly tier?: Tier
  readonly multiplierPpm: bigint
  /** Nano-USD. */
  readonly reserved: bigint
  /** Tokens of the request, and of the answer as far as the client had it, as counted here. */
  readonly input: number
  readonly passed: number
  readonly isStream: boolean
  /** Its client still reads it: only whoever passes it on knows how much of it has passed. */
  readonly isAttended: boolean
  readonly attempts: readonly { readonly channel: string; readonly outcome: string; readonly fault?: string }[]
  /** Whose tokens a minute it uses. */
  readonly subjects: readonly string[]
}

/** Of a secret that is looked for again; nothing of the secret can be told from it. */
export const digestOf = (secret: string): string => hash('sha256', secret, 'hex').slice(0, 16)

/** JSON, integers of any size kept. */
export const writeTerms = (terms: Terms): string =>
  JSON.stringify(terms, (_, value: unknown) => (typeof value === 'bigint' ? { [mark]: String(value) } : value))

/** Only `writeTerms` writes them. */
export const readTerms = (text: string): Terms =>
  JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && mark in value ? BigInt(String(value[mark])) : value,
  ) as Terms

const mark = '$bigint'
