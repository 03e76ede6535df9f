import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { envelopeMark } from '../model/envelope.ts'
import type { Seal, ThinkingPart } from '../model/part.ts'

/** What one envelope carries through a client that speaks another format than the upstream which minted the state. */
export interface Envelope {
  /** Whose state it is (`maker` of the provider) and the channel that holds the account it is bound to. */
  readonly maker: string
  readonly channel: string
  readonly carried: readonly Carried[]
}

/**
 * `self`: belongs to the part that it came on. `call`: to the tool call of this id. `before`: to the part before it.
 * `thinking`: whole thinking parts that go in front of the part that it came on, or of the text before that.
 */
export type Carried =
  | { readonly on: 'self'; readonly seal: Seal; readonly text?: string; readonly form?: ThinkingPart['form'] }
  | { readonly on: 'call'; readonly id: string; readonly seal: Seal }
  | { readonly on: 'before'; readonly seal: Seal }
  | { readonly on: 'thinking'; readonly part: ThinkingPart; readonly isBeforeText?: true }

export interface Envelopes {
  /** Standard base64 beginning with `envelopeMark`. */
  wrap(envelope: Envelope, tenant: string): string
  /** undefined when it is not ours, was altered, or was given to another tenant. */
  open(data: string, tenant: string): Envelope | undefined
}

const mark = Buffer.from(envelopeMark, 'base64')
const nonceBytes = 12
const tagBytes = 16
const largestBytes = 8 * 2 ** 20

/**
 * Envelopes are AES-256-GCM with the tenant as associated data: a bare MAC would show account and channel names.
 * They are deflated first, because what they hold is mostly base64 already.
 */
export const envelopes = (key: Buffer): Envelopes => ({
  wrap(envelope, tenant) {
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(tenant))
    const body = Buffer.concat([cipher.update(deflateRawSync(JSON.stringify(envelope))), cipher.final()])
    return Buffer.concat([mark, nonce, cipher.getAuthTag(), body]).toString('base64')
  },
  open(data, tenant) {
    const bytes = Buffer.from(data, 'base64')
    if (!bytes.subarray(0, mark.length).equals(mark) || bytes.length < mark.length + nonceBytes + tagBytes)
      return undefined
    const nonceEnd = mark.length + nonceBytes
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(mark.length, nonceEnd))
      .setAAD(Buffer.from(tenant))
      .setAuthTag(bytes.subarray(nonceEnd, nonceEnd + tagBytes))
    try {
      const deflated = Buffer.concat([decipher.update(bytes.subarray(nonceEnd + tagBytes)), decipher.final()])
      // Authenticated above: only `wrap` can have written it.
      return JSON.parse(inflateRawSync(deflated, { maxOutputLength: largestBytes }).toString()) as Envelope
    } catch {
      // Altered, or sealed for somebody else: the client cannot repair it, so it counts as absent.
      return undefined
    }
  },
})
