import { execFileSync } from 'node:child_process'
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'

/** How a disk comes to take nothing more. */
export interface Disk {
  fill(server: number): void
  free(server: number): void
}

/** To the last byte, by a file that grows; what the server has reserved before stays its own. */
export const fullDisk = (balloon: string): Disk => ({
  fill() {
    const file = openSync(balloon, 'w')
    for (const bytes of [1024 * 1024, 4096, 1]) grow(file, Buffer.alloc(bytes))
    closeSync(file)
  },
  free: () => unlinkSync(balloon),
})

function grow(file: number, by: Buffer): void {
  try {
    while (true) writeSync(file, by)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
  }
}

/** No file of the server takes anything, the reserved ones neither. */
export const refusingDisk: Disk = {
  fill: (server) => limit(server, '1'),
  free: (server) => limit(server, 'unlimited'),
}

const limit = (server: number, size: string): void =>
  void execFileSync('prlimit', [`--pid=${server}`, `--fsize=${size}:unlimited`])
