import type { Flags } from './flags.ts'

/** From a clone the program is started through npm. */
const isClone = (): boolean => process.argv[1]?.endsWith('main.ts') ?? false

/** How this program is called with `words`, to be shown to people. */
export const invocation = (words: string): string => (isClone() ? `npm start -- ${words}` : `causeway ${words}`)

/** Where the user is: npm starts the program in its own folder and says where it was called. */
export const callerFolder = (environment: NodeJS.ProcessEnv): string =>
  (isClone() && environment.npm_lifecycle_event === 'start' && environment.INIT_CWD) || process.cwd()

/** How a server is started that these flags would find. */
export function serveCommand({ config, data, host, port }: Flags): string {
  const given = Object.entries({ config, host, port, data }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(value)}`],
  )
  return [isClone() ? 'npm start' : 'causeway serve', ...(isClone() && given.length > 0 ? ['--'] : []), ...given].join(
    ' ',
  )
}

/** As a shell reads it. */
export const quoted = (value: string): string =>
  /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`
