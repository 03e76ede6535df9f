import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** A file below the user's home; undefined where there is none. */
export function homeFile(...path: readonly string[]): string | undefined {
  const full = join(homedir(), ...path)
  return existsSync(full) ? readFileSync(full, 'utf8') : undefined
}

/** `NAME=value` a line, without quotes. */
export const variablesOf = (text = ''): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
