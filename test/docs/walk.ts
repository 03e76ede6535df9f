import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Newcomer } from './newcomer.ts'
import { type Block, readBlocks } from './page.ts'
import { isSeen } from './seen.ts'
import { type Shown, start, type } from './terminal.ts'

/** The address, the key and the token that pages print; every run has its own. */
const printedAddress = '127.0.0.1:3000'
const printedKey = 'sk-cw-…'
const printedToken = 'cwr-…'
const ready = /causeway listening on http/

/** What there is to try a page with. */
export interface Scope {
  readonly hasPython: boolean
}

/** Does what a page says, from top to bottom, in two terminals. Gives what is not as the page has it, a line each. */
export async function walk(path: string, newcomer: Newcomer, scope: Scope): Promise<readonly string[]> {
  const blocks = readBlocks(readFileSync(path, 'utf8'))
  const serve = blocks.find(({ use }) => use.kind === 'run' && use.how === 'server')
  const runs = blocks.filter((block) => isTyped(block, scope))
  if (!serve || runs.length === 0) return [`${basename(path)}: there is nothing to run`]
  const { clone, environment } = newcomer
  const server = await start(serve.text, ready, { folder: clone, environment })
  try {
    const settle = settling(newcomer, server.text)
    const folder = writeFiles(blocks, newcomer, settle)
    const commands = runs.map(({ text }) => settle(text))
    const shown = await type(commands, { folder, environment })
    const seen = new Map<Block, Shown>([[serve, { text: server.text, code: 0 }]])
    for (const [at, run] of runs.entries()) seen.set(run, shown[at] ?? { text: 'It did not end.', code: -1 })
    return judge(blocks, seen, newcomer).map((problem) => `${basename(path)}:${problem}`)
  } finally {
    await server.stop()
  }
}

const isTyped = ({ use }: Block, { hasPython }: Scope): boolean =>
  use.kind === 'run' && use.how !== 'server' && (hasPython || use.how !== 'python')

/** Puts in what is different for everybody: the port of this run, and the key and the token that the server printed. */
function settling({ port }: Newcomer, greeting: string): (text: string) => string {
  const key = /sk-cw-\w+/.exec(greeting)?.[0] ?? ''
  const token = /cwr-\w+/.exec(greeting)?.[0] ?? ''
  return (text) =>
    text.replaceAll(printedAddress, `127.0.0.1:${port}`).replaceAll(printedKey, key).replaceAll(printedToken, token)
}

/** A page with files is about the user's own project: they are written there, and commands typed. Others are typed in the clone. */
function writeFiles(blocks: readonly Block[], { clone, project }: Newcomer, settle: (text: string) => string): string {
  const files = blocks.flatMap(({ text, use }) => (use.kind === 'file' ? [{ name: use.name, text }] : []))
  for (const { name, text } of files) writeFileSync(join(project, name), settle(text))
  return files.length > 0 ? project : clone
}

/** What is seen belongs to the run before it. */
function judge(blocks: readonly Block[], seen: ReadonlyMap<Block, Shown>, { port }: Newcomer): string[] {
  let shown: Shown | undefined = { text: '', code: 0 }
  return blocks.flatMap((block) => {
    if (block.use.kind === 'run') shown = seen.get(block)
    const told = shown && { ...shown, text: shown.text.replaceAll(`127.0.0.1:${port}`, printedAddress).trim() }
    const problem = told && problemOf(block, told)
    return told && problem !== undefined ? [`${block.line}: ${problem}\n${told.text}`] : []
  })
}

function problemOf({ text, use }: Block, shown: Shown): string | undefined {
  if (use.kind === 'see' && !isSeen(text, shown.text)) return 'is not what is seen'
  if (use.kind === 'run' && shown.code !== 0) return `ended with ${shown.code}`
  return undefined
}
