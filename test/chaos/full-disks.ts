import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Tally } from './tally.ts'

const scene = fileURLToPath(new URL('./full-disk.ts', import.meta.url))

/** Whether a disk of our own can be had without being root: one in memory, in a namespace of ours. */
const hasSmallDisk = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

/** Plays every way in which a disk takes nothing more, one after the other. */
export async function playFullDisks(directory: string, tally: Tally): Promise<void> {
  if (!hasSmallDisk) console.log('no small disk can be mounted here: only one that refuses everything is played')
  for (const kind of hasSmallDisk ? ['full', 'full and killed', 'refusing'] : ['refusing'])
    await play(join(directory, `disk ${kind}`), kind, tally)
}

async function play(directory: string, kind: string, tally: Tally): Promise<void> {
  const node = [process.execPath, scene, directory, kind]
  const [command = '', ...words] = kind === 'refusing' ? node : ['unshare', '-rm', 'sh', '-c', onSmallDisk, ...node]
  const { stdout, stderr, error } = await promisify(execFile)(command, words, { timeout: longestMs }).then(
    (said) => ({ ...said, error: undefined }),
    // What `execFile` says of a program that failed: what it had said, beside the error.
    (failed: Error & { stdout: string; stderr: string }) => ({ ...failed, error: failed }),
  )
  for (const line of stdout.split('\n').filter((text) => text.startsWith('{'))) {
    // As the scene writes it.
    const { invariant, isSo, what } = JSON.parse(line) as { invariant: string; isSo: boolean; what: string }
    tally.check(invariant, isSo, () => `disk ${kind}: ${what}`)
  }
  tally.check('a scene comes to its end', error === undefined, () => `disk ${kind}: ${error?.message}\n${stderr}`)
}

const longestMs = 120_000

const onSmallDisk = 'mkdir -p "$2" && mount -t tmpfs -o size=48m tmpfs "$2" && exec "$0" "$@"'
