import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

/** Vendors' secrets at rest. What was sealed for one place opens at no other, so that rows cannot be exchanged. */
export interface SecretBox {
  /** `place` is table, row and field. */
  seal(secret: string, place: string): string
  /** @throws Error when it was changed, moved, or sealed under a key that is not here. */
  open(sealed: string, place: string): string
  /** Whether it is sealed under the newest key. */
  isCurrent(sealed: string): boolean
}

const version = 'v1'
const nonceLength = 12
const tagLength = 16

interface Ring {
  readonly id: string
  readonly key: Buffer
}

/**
 * AES-256-GCM with a random nonce; the place is authenticated with it. `keys` are 32 bytes each, the newest first: it seals,
 * all open. The text names its key, so that a rotation can be stopped and taken up again row by row.
 */
export function secretBox(keys: readonly Buffer[]): SecretBox {
  const ring = keys.map((key): Ring => ({ id: idOf(key), key }))
  const [newest] = ring
  if (!newest) throw new Error('a secret box needs a key')
  return {
    seal(secret, place) {
      const nonce = randomBytes(nonceLength)
      const cipher = createCipheriv('aes-256-gcm', newest.key, nonce).setAAD(Buffer.from(`${version}|${place}`))
      const data = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${version}.${newest.id}.${data.toString('base64url')}`
    },
    open(sealed, place) {
      const [form, id, text] = sealed.split('.')
      const known = ring.find((one) => one.id === id)
      if (form !== version || !known || text === undefined)
        throw new Error(`the secret at ${place} is sealed under another master key`)
      const data = Buffer.from(text, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', known.key, data.subarray(0, nonceLength))
        .setAAD(Buffer.from(`${version}|${place}`))
        .setAuthTag(data.subarray(data.length - tagLength))
      return decipher.update(data.subarray(nonceLength, -tagLength), undefined, 'utf8') + decipher.final('utf8')
    },
    isCurrent: (sealed) => sealed.split('.')[1] === newest.id,
  }
}

/** Names a key without telling it. */
const idOf = (key: Buffer): string =>
  createHash('sha256').update('causeway key id').update(key).digest('hex').slice(0, 8)
