import { withoutPassword } from '../store/database-url.ts'
import { configFile, type Flags, readConfig, tellProblems } from './flags.ts'

/** Validates the configuration and prints what it would serve; 1 when something is wrong. */
export async function check(flags: Flags): Promise<number> {
  const checked = readConfig(flags, process.env)
  if (!checked.ok) {
    console.error(tellProblems(checked.problems, configFile(flags, process.env)))
    return 1
  }
  const { channels, dataDirectory, databaseUrl, host, keys, port, sandbox } = checked.config
  console.log(`listens on http://${host}:${port}`)
  console.log(`keeps everything in ${databaseUrl === undefined ? dataDirectory : withoutPassword(databaseUrl)}`)
  for (const { models, name, provider, secrets } of channels) {
    const served = models.map((rule) => (rule.upstream ? `${rule.name} → ${rule.upstream}` : rule.name)).join(', ')
    console.log(`channel ${name} (${provider}, ${secrets.length} ${secrets.length === 1 ? 'key' : 'keys'}): ${served}`)
  }
  if (sandbox) console.log('channel sandbox (built in): sandbox-*')
  for (const { models, name } of keys) console.log(`key ${name}: ${models.join(', ')}`)
  return 0
}
