import type { ToolId } from '../../../src/connect/tool.ts'
import { tools } from '../../../src/connect/tools/index.ts'
import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { ask, errandOf } from './errand.ts'
import { gemini } from './gemini.ts'
import { opencode } from './opencode.ts'
import type { StandIn } from './stand-in.ts'

const standIns: Readonly<Record<ToolId, StandIn>> = { claude, codex, gemini, opencode }

async function main([name = '', ...words]: readonly string[]): Promise<void> {
  // The programs that are made of this one have the tools' names.
  const id = name as ToolId
  const standIn = standIns[id]
  if (words.includes('--version')) return console.log(tools[id].versions.tested)
  const prompt = standIn.prompt(words)
  if (prompt === undefined) throw new Error(`${name} is asked nothing`)
  const answer = standIn.answer(await ask(standIn.ask(words, errandOf(prompt))))
  if (answer === '') throw new Error('the answer is empty')
  console.log(answer)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
