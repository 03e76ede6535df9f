import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Vendors' secrets at rest. What was sealed for one place opens at no other, so that rows cannot be exchanged. */
export interface SecretBox {
  /** `place` is table, row and field. */
  seal(secret: string, place: string): string
  /** Never throws: what cannot be opened must not take others with it. */
  open(sealed: string, place: string): Opening
  /** Whether it is sealed under the newest key. */
  isCurrent(sealed: string): boolean
}

export type Opening =
  | { readonly isOpen: true; readonly secret: string }
  | { readonly isOpen: false; readonly reason: ClosedReason }

/** Why a secret cannot be opened: the key that it names is not here, or it is not what was written at this place. */
export type ClosedReason = 'sealed under another master key' | 'damaged'

const version = 'v1'
const nonceLength = 12
const tagLength = 16

interface Ring {
  readonly id: string
  readonly key: Buffer
}

/**
 * AES-256-GCM with a random nonce; the place is authenticated with it. `keys` are 32 bytes each, the newest first: it seals,
 * all open. The text names its key, so that a rotation can be stopped and taken up again row by row. `look` tells the keys
 * as they are now: it is asked before anything is sealed, and when a secret names a key that is not here.
 */
export function secretBox(
  keys: readonly [Buffer, ...Buffer[]],
  look: () => readonly [Buffer, ...Buffer[]] = () => keys,
): SecretBox {
  let ring = ringOf(keys)
  const keyOf = (id: string | undefined): Buffer | undefined => ring.find((one) => one.id === id)?.key
  return {
    seal(secret, place) {
      ring = ringOf(look())
      const [newest] = ring
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv('aes-256-gcm', newest.key, nonce).setAAD(Buffer.from(`${version}|${place}`))
      const data = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${version}.${newest.id}.${data.toString('base64url')}`
    },
    open(sealed, place) {
      const [form, id, text] = sealed.split('.')
      if (form !== version || text === undefined) return { isOpen: false, reason: 'damaged' }
      if (!keyOf(id)) ring = ringOf(look())
      const key = keyOf(id)
      if (!key) return { isOpen: false, reason: 'sealed under another master key' }
      const secret = decrypted(Buffer.from(text, 'base64url'), key, place)
      return secret === undefined ? { isOpen: false, reason: 'damaged' } : { isOpen: true, secret }
    },
    isCurrent: (sealed) => sealed.split('.')[1] === ring[0].id,
  }
}

/** Undefined: it was changed, or moved here from elsewhere. */
function decrypted(data: Buffer, key: Buffer, place: string): string | undefined {
  if (data.length < nonceLength + tagLength) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, nonceLength))
    .setAAD(Buffer.from(`${version}|${place}`))
    .setAuthTag(data.subarray(data.length - tagLength))
  const opened = decipher.update(data.subarray(nonceLength, -tagLength), undefined, 'utf8')
  try {
    return opened + decipher.final('utf8')
  } catch {
    // That the tag is wrong is all that there is to say.
    return undefined
  }
}

const ringOf = ([newest, ...older]: readonly [Buffer, ...Buffer[]]): readonly [Ring, ...Ring[]] => [
  named(newest),
  ...older.map(named),
]

const named = (key: Buffer): Ring => ({ id: idOf(key), key })

/** Names a key without telling it. */
const idOf = (key: Buffer): string =>
  createHash('sha256').update('causeway key id').update(key).digest('hex').slice(0, 8)
