import type { Marks } from './marks.ts'
import { type MasterKeys, markOf } from './master-keys.ts'
import { type SecretBox, secretBox } from './secret-box.ts'
import { deriveKey } from './secrets.ts'

/** The keys of one store, all made from its master key. */
export interface Keyring extends LastingKeys {
  /** Seals the secrets of vendors. */
  readonly box: SecretBox
}

/**
 * Keys that outlive the master key that they were made from: nothing that is hashed or wrapped under them can be done again,
 * since keys and tokens are kept nowhere and envelopes are with clients. A rotation keeps them in the store, sealed.
 */
export interface LastingKeys {
  /** Under which keys for models are hashed. */
  readonly pepper: Buffer
  /** Under which tokens of the management API are hashed: the hash of one is nowhere the hash of a key. */
  readonly tokenPepper: Buffer
  /** Under which the state of models is wrapped on its way through clients. */
  readonly envelopeKey: Buffer
}

const purposes = {
  pepper: 'keys',
  tokenPepper: 'management tokens',
  envelopeKey: 'envelopes',
} as const satisfies Record<keyof LastingKeys, string>

const checkMark = 'master'
const lastingMark = 'lasting keys'
const lastingPlace = `marks|${lastingMark}|mark`

/**
 * The keys under these master keys; a store that is new is the newest's from then on. `look` tells the master keys as they
 * are now, for a rotation beside a server that runs.
 * @throws Error when the store is under none of them: no key would be known, so nobody can be served.
 */
export async function openKeyring(
  marks: Marks,
  masters: MasterKeys,
  look: () => MasterKeys = () => masters,
): Promise<Keyring> {
  const mark = await marks.claim(checkMark, markOf(masters.newest))
  const master = allOf(masters).find((one) => markOf(one) === mark)
  const box = secretBox(sealing(masters), () => sealing(look()))
  const lasting = master && (await lastingKeys(marks, master, box))
  if (!lasting) throw new Error(otherMaster)
  return { box, ...lasting }
}

/** Makes the newest master key the one of the store: from here on the former one opens secrets and nothing else. */
export async function takeOver(marks: Marks, masters: MasterKeys): Promise<Keyring> {
  const keyring = await openKeyring(marks, masters)
  const { pepper, tokenPepper, envelopeKey, box } = keyring
  const text = JSON.stringify({
    pepper: pepper.toString('hex'),
    tokenPepper: tokenPepper.toString('hex'),
    envelopeKey: envelopeKey.toString('hex'),
  } satisfies Record<keyof LastingKeys, string>)
  await marks.write(lastingMark, box.seal(text, lastingPlace))
  await marks.write(checkMark, markOf(masters.newest))
  return keyring
}

const allOf = ({ newest, former }: MasterKeys): readonly [Buffer, ...Buffer[]] => [newest, ...(former ? [former] : [])]

const sealing = (masters: MasterKeys): readonly [Buffer, ...Buffer[]] => {
  const [newest, ...older] = allOf(masters)
  const keyOf = (master: Buffer): Buffer => deriveKey(master, 'credentials')
  return [keyOf(newest), ...older.map(keyOf)]
}

/** Undefined: they are sealed under a master key that is not here. */
async function lastingKeys(marks: Marks, master: Buffer, box: SecretBox): Promise<LastingKeys | undefined> {
  const sealed = await marks.read(lastingMark)
  if (sealed === undefined) return eachOf((name) => deriveKey(master, purposes[name]))
  const opening = box.open(sealed, lastingPlace)
  if (!opening.isOpen) return undefined
  // Authenticated: only `takeOver` can have written it.
  const kept = JSON.parse(opening.secret) as Record<keyof LastingKeys, string>
  return eachOf((name) => Buffer.from(kept[name], 'hex'))
}

const eachOf = (keyOf: (name: keyof LastingKeys) => Buffer): LastingKeys => ({
  pepper: keyOf('pepper'),
  tokenPepper: keyOf('tokenPepper'),
  envelopeKey: keyOf('envelopeKey'),
})

const otherMaster =
  'the database was made under another master key: set CAUSEWAY_MASTER_KEY to that one (a first server that was given none keeps it in its data directory, in master.key; after a rotation it is the new one)'
