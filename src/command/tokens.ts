import { addToken } from '../admin/tokens.ts'
import { isRole, roles } from '../model/role.ts'
import { openPlace } from '../store/open.ts'
import { newId } from '../store/secrets.ts'
import { configFile, type Flags, readConfig, tellProblems } from './flags.ts'

/**
 * `tokens create --name N`: makes a token of the management API and prints it, this once; for who has lost the one of the
 * first start. Whoever may read the data directory may do everything anyway.
 */
export async function createToken(flags: Flags, [action]: readonly string[]): Promise<number> {
  const role = flags.role ?? 'root'
  if (action !== 'create' || !flags.name || !isRole(role)) {
    console.error(`Usage: causeway tokens create --name N [--role ${roles.join('|')}] [--data DIR]`)
    return 2
  }
  const checked = readConfig(flags, process.env)
  if (!checked.ok) {
    console.error(tellProblems(checked.problems, configFile(flags, process.env)))
    return 1
  }
  const { keyring, store } = await openPlace(checked.config)
  const createdAtMs = Date.now()
  const { row, text } = await addToken(store, keyring.tokenPepper, { name: flags.name, role, createdAtMs })
  await store.audit.add({
    id: newId('aud', createdAtMs),
    atMs: createdAtMs,
    actor: 'command',
    action: 'token.create',
    subject: row.id,
    change: { after: { name: row.name, role } },
  })
  await store.close()
  console.log(text)
  return 0
}
