import { lockRotation } from '../store/directory-lock.ts'
import { forgetFormerMaster, masterKeys, replaceKeptMaster } from '../store/master-keys.ts'
import { openPlace, type StorePlace, storeIn } from '../store/open.ts'
import { type Rotation, rotate } from '../store/rotation.ts'
import { configFile, type Flags, readConfig, tellProblems } from './flags.ts'

/**
 * `master-key rotate`: another master key in place of the one there is. Can be stopped and run again; 1 when secrets are left
 * that the new key does not open.
 */
export async function rotateMasterKey(flags: Flags, [action]: readonly string[]): Promise<number> {
  if (action !== 'rotate') {
    console.error('Usage: causeway master-key rotate [--data DIR]')
    return 2
  }
  const checked = readConfig(flags, process.env)
  if (!checked.ok) {
    console.error(tellProblems(checked.problems, configFile(flags, process.env)))
    return 1
  }
  const { config } = checked
  if (config.dataDirectory === ':memory:' && config.databaseUrl === undefined) {
    console.error('Nothing is kept in memory: name a data directory with --data.')
    return 2
  }
  const isGiven = config.masterKey !== undefined
  if (isGiven && config.oldMasterKey === undefined) {
    console.error('Set CAUSEWAY_MASTER_KEY to the new key, and CAUSEWAY_MASTER_KEY_OLD to the one before.')
    return 2
  }
  const rotation = await rotated(config, isGiven)
  console.log(told(rotation, isGiven))
  for (const { channel, hint, reason } of rotation.left)
    console.error(`channel ${channel}: the credential ${hint} is ${reason}: take it away and give it again`)
  return rotation.left.length > 0 ? 1 : 0
}

async function rotated(place: StorePlace, isGiven: boolean): Promise<Rotation> {
  const unlock = lockRotation(place.dataDirectory)
  try {
    if (!isGiven) await renewFile(place)
    const store = await storeIn(place)
    try {
      const rotation = await rotate(store, masterKeys(place))
      if (!isGiven && rotation.left.every(({ reason }) => reason === 'damaged')) forgetFormerMaster(place.dataDirectory)
      return rotation
    } finally {
      await store.close()
    }
  } finally {
    unlock()
  }
}

/** Only a key that opens this store is replaced. */
async function renewFile(place: StorePlace): Promise<void> {
  const { store } = await openPlace(place)
  await store.close()
  replaceKeptMaster(place.dataDirectory)
}

const told = ({ resealed, left }: Rotation, isGiven: boolean): string =>
  [
    `sealed anew: ${resealed}, left: ${left.length}`,
    ...(left.length > 0
      ? []
      : [
          isGiven
            ? 'The old master key is not needed any more: start the servers without CAUSEWAY_MASTER_KEY_OLD.'
            : 'The new master key is in master.key; the old one is gone.',
        ]),
  ].join('\n')
