import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Opaque state as the vendors mint it: bytes that only their maker can make, bound to what they were made for.
 * No secret is kept by it, so the key is no secret either: it only tells the sandbox's own seals from invented ones.
 */
export interface Sealed {
  /** What the seal is for: a format's thinking, a call. */
  readonly kind: string
  /** The text that it vouches for. */
  readonly bound: string
}

export function mintSeal({ kind, bound }: Sealed): Buffer {
  const digest = createHash('sha256').update(bound).digest().subarray(0, DIGEST_BYTES)
  return Buffer.concat([MARK, digest, macOf(kind, digest)])
}

/** `own` is genuine and in its place, `moved` is genuine and bound to another text, `foreign` was not made here. */
export function checkSeal(seal: Buffer, { kind, bound }: Sealed): 'own' | 'moved' | 'foreign' {
  if (seal.length !== MARK.length + DIGEST_BYTES + MAC_BYTES) return 'foreign'
  const digest = seal.subarray(MARK.length, MARK.length + DIGEST_BYTES)
  if (!timingSafeEqual(seal.subarray(MARK.length + DIGEST_BYTES), macOf(kind, digest))) return 'foreign'
  return seal.equals(mintSeal({ kind, bound })) ? 'own' : 'moved'
}

const MARK = Buffer.from('sandbox\x01')
const DIGEST_BYTES = 16
const MAC_BYTES = 32

const macOf = (kind: string, digest: Buffer): Buffer =>
  createHmac('sha256', 'causeway-sandbox').update(kind).update('\0').update(digest).digest()
