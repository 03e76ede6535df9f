import { openPlace } from '../store/open.ts'
import { keyRow, newKey } from '../store/secrets.ts'
import { configFile, type Flags, readConfig, tellProblems } from './flags.ts'

/** `keys create --name N`: makes a key and prints it, this once. A running server knows it within a second. */
export async function createKey(flags: Flags, [action]: readonly string[]): Promise<number> {
  if (action !== 'create' || !flags.name) {
    console.error('Usage: causeway keys create --name N [--models A,B] [--data DIR]')
    return 2
  }
  const checked = readConfig(flags, process.env)
  if (!checked.ok) {
    console.error(tellProblems(checked.problems, configFile(flags, process.env)))
    return 1
  }
  const { config } = checked
  const { keyring, store } = await openPlace(config)
  const models = flags.models?.split(',').map((name) => name.trim()) ?? ['*']
  const key = newKey()
  await store.keys.add(
    keyRow(key, keyring.pepper, { name: flags.name, models, source: 'command', createdAtMs: Date.now() }),
  )
  await store.close()
  console.log(key)
  return 0
}
