import { pino } from 'pino'
import { type App, makeApp } from '../app.ts'
import type { Config } from '../config.ts'
import type { Log } from '../relay/relay.ts'
import { configFile, type Flags, readConfig, tellProblems } from './flags.ts'

/** What is still open then has nothing to say any more. */
const lingerMs = 2_000

/** Serves until SIGTERM or SIGINT; SIGHUP reads the configuration again. 1 when it cannot start. */
export async function serve(flags: Flags): Promise<number | undefined> {
  const checked = readConfig(flags, process.env)
  if (!checked.ok) {
    console.error(tellProblems(checked.problems, configFile(flags, process.env)))
    return 1
  }
  // Lines are written a few at a time: one write a request would cost a tenth of the request.
  const output = pino.destination({ fd: 1, sync: false, minLength: 4096, periodicFlush: 200 })
  const log = pino({ level: process.env.CAUSEWAY_LOG ?? 'info' }, output)
  const app = await makeApp(checked.config, { log })
  tellKeys(app.newKeys)
  if (app.rootToken !== undefined) console.log(`root token: ${app.rootToken}`)
  tellClosed(app)
  const { host, port } = checked.config
  let url: string
  try {
    url = await app.server.listen({ host, port })
  } catch (error) {
    console.error(`cannot listen on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}`)
    await app.close()
    return 1
  }
  listenToSignals(app, flags, log)
  greet(app, checked.config, url)
  return undefined
}

/** Keys are shown here and never again: as soon as they are kept, whatever happens then. */
function tellKeys(keys: App['newKeys']): void {
  for (const { key, name } of keys) console.log(`new key "${name}": ${key}`)
}

/** Said where somebody looks who starts it, and once more in the log: what is served is less than what was set up. */
function tellClosed(app: App): void {
  for (const { channel, hint, reason } of app.closedCredentials())
    console.error(`channel ${channel}: the credential ${hint} cannot be opened (${reason}): it is left out`)
}

function greet({ newKeys }: App, config: Config, url: string): void {
  const first = newKeys[0]
  if (first && config.sandbox)
    console.log(`try it:
  curl ${url}/v1/chat/completions -H 'Authorization: Bearer ${first.key}' -H 'Content-Type: application/json' \\
    -d '{"model":"sandbox-1","messages":[{"role":"user","content":"Hello"}]}'`)
  console.log(`causeway listening on ${url}`)
}

function listenToSignals(app: App, flags: Flags, log: Log): void {
  let isClosing = false
  const close = (): void => {
    if (isClosing) return
    isClosing = true
    app
      .close()
      .catch((error: unknown) => {
        log.error({ err: error }, 'the server did not close cleanly')
        process.exitCode = 1
      })
      // Connections to a database that is silent would keep the process alive.
      .finally(() => setTimeout(() => process.exit(), lingerMs).unref())
  }
  process.on('SIGTERM', close)
  process.on('SIGINT', close)
  process.on('SIGHUP', () => {
    const checked = readConfig(flags, process.env)
    if (!checked.ok) {
      log.error(
        { problems: tellProblems(checked.problems, configFile(flags, process.env)) },
        'the new configuration is refused',
      )
      return
    }
    app.reconfigure(checked.config).then(
      (newKeys) => {
        tellKeys(newKeys)
        log.info('the configuration was read again')
      },
      (error: unknown) => log.error({ err: error }, 'the new configuration could not be taken over'),
    )
  })
}
