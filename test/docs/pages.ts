import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const repository = resolve(import.meta.dirname, '../..')
const folder = join(repository, 'docs', 'guides')
const chinese = '.zh-CN.md'

/** A page in both languages. */
export interface Guide {
  readonly name: string
  readonly english: string
  readonly chinese: string
  readonly isSdk: boolean
}

/** Every page of `docs/guides`. */
export const guides: readonly Guide[] = readdirSync(folder)
  .filter((name) => name.endsWith('.md') && !name.endsWith(chinese))
  .map((file) => {
    const name = file.slice(0, -'.md'.length)
    return { name, english: join(folder, file), chinese: join(folder, name + chinese), isSdk: name.endsWith('-sdk') }
  })
