import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'

const repository = resolve(import.meta.dirname, '../..')

/** Somebody who has just cloned the project: a fresh home with the clone in it, and a folder for work of their own. */
export interface Newcomer {
  readonly home: string
  readonly clone: string
  readonly project: string
  readonly port: number
  readonly environment: Readonly<Record<string, string>>
  leave(): void
}

/** Where a newcomer's programs come from. */
export interface Programs {
  /** Folders that come first on the path. */
  readonly folders: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** A free port takes the place of the usual one, so that pages can be tried side by side. */
export async function welcome({ environment, folders }: Programs): Promise<Newcomer> {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'causeway-guide-')))
  const [clone, project, passing] = [join(home, 'causeway'), join(home, 'project'), join(home, 'passing')]
  mkdirSync(passing)
  for (const folder of [clone, project]) makeRepository(folder)
  copyFileSync(join(repository, 'package.json'), join(clone, 'package.json'))
  symlinkSync(join(repository, 'src'), join(clone, 'src'))
  symlinkSync(join(repository, 'node_modules'), join(clone, 'node_modules'))
  symlinkSync(join(repository, 'node_modules'), join(home, 'node_modules'))
  const port = await freePort()
  const path = [...folders, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter)
  return {
    home,
    clone,
    project,
    port,
    environment: { ...quiet, HOME: home, TMPDIR: passing, PATH: path, CAUSEWAY_PORT: String(port), ...environment },
    leave: () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/** As small as git takes for one; some tools work only where there is a repository. */
function makeRepository(folder: string): void {
  for (const name of ['objects', 'refs']) mkdirSync(join(folder, '.git', name), { recursive: true })
  writeFileSync(join(folder, '.git', 'HEAD'), 'ref: refs/heads/main\n')
}

/** No colours, no search for updates. */
const quiet = { LANG: 'C.UTF-8', TERM: 'dumb', NO_COLOR: '1', npm_config_update_notifier: 'false' }

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  // Listening on a port of the loopback.
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

/** A folder of programs, each of which runs `script` with its own name before the words that it is given. */
export function makePrograms(folder: string, names: readonly string[], script: string): void {
  mkdirSync(folder)
  for (const name of names)
    writeFileSync(join(folder, name), `#!/bin/sh\nexec '${process.execPath}' '${script}' ${name} "$@"\n`, {
      mode: 0o755,
    })
}
