import { type FileHandle, open, readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { Command } from './command.ts'
import type { Spool } from './spool.ts'

/** Written full of nothing beforehand: a full disk cannot take this room away. */
const reservedBytes = 4 * 1024 * 1024

/**
 * A spool in a file: one line a command, each with a checksum, from the start up to the first that is not whole.
 * @throws Error when the file cannot be made.
 */
export async function openFileSpool(path: string, roomBytes = reservedBytes): Promise<Spool> {
  const file = await open(path, await flagsFor(path), 0o600)
  const { size } = await file.stat()
  try {
    if (size < roomBytes) await writeWhole(file, Buffer.alloc(roomBytes - size), size)
    await file.sync()
  } catch (error) {
    await file.close()
    const room = `${Math.ceil(roomBytes / 1024)} KiB`
    throw new Error(`${path} needs ${room} on the disk: make room, or name another directory with --data`, {
      cause: error,
    })
  }
  const { commands, bytes } = readLines(await readFile(path, 'utf8'))
  let end = bytes
  let keptSinceClear = commands.length
  let turn: Promise<unknown> = Promise.resolve()
  /** One after the other. */
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const result = turn.then(run)
    turn = result.catch(() => undefined)
    return result
  }
  return {
    left: commands,
    async keep(command) {
      keptSinceClear++
      return inTurn(async () => {
        const line = Buffer.from(writeLine(command))
        if (end + line.length > roomBytes) return false
        try {
          await writeWhole(file, line, end)
          await file.datasync()
        } catch {
          // What it means is in the answer: not durable. The command stays in memory.
          return false
        }
        end += line.length
        return true
      })
    },
    clear() {
      const before = keptSinceClear
      return inTurn(async () => {
        // Something was kept in between, and it is not written yet.
        if (keptSinceClear !== before || end === 0) return
        await writeWhole(file, Buffer.alloc(end), 0)
        await file.datasync()
        end = 0
      })
    },
    close: () => inTurn(() => file.close()),
  }
}

/** A disk that is nearly full takes a part and says so; only the next write fails. */
async function writeWhole(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at)
    at += bytesWritten
  }
}

async function flagsFor(path: string): Promise<string> {
  const made = await open(path, 'a', 0o600)
  await made.close()
  return 'r+'
}

function writeLine(command: Command): string {
  const text = JSON.stringify(command, (_, value: unknown) =>
    typeof value === 'bigint' ? { nano: String(value) } : value,
  )
  return `${crc32(text).toString(16)} ${text}\n`
}

function readLines(text: string): { commands: Command[]; bytes: number } {
  const commands: Command[] = []
  let bytes = 0
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ')
    const body = line.slice(space + 1)
    if (space < 1 || crc32(body).toString(16) !== line.slice(0, space)) break
    commands.push(readCommand(body))
    bytes += Buffer.byteLength(line) + 1
  }
  return { commands, bytes }
}

// The checksum says that `writeLine` wrote it.
const readCommand = (text: string): Command =>
  JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && 'nano' in value && typeof value.nano === 'string'
      ? BigInt(value.nano)
      : value,
  ) as Command
