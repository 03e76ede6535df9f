import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dialectIds } from '../../src/model/dialect.ts'
import { sharedCases } from './cases.ts'
import type { Case, Client } from './client.ts'
import { install } from './install.ts'
import { run } from './run.ts'
import { buildWall, type Wall } from './stage.ts'
import { writeTable } from './table.ts'
import { claude } from './tools/claude.ts'
import { codex } from './tools/codex.ts'
import { geminiCli } from './tools/gemini.ts'
import { opencodes } from './tools/opencode.ts'
import { judge, labelOf, type Trial, type Verdict } from './trial.ts'

/**
 * The real tools as acceptance test: every tool on every upstream format, through a running gateway, with the sandbox as the upstream
 * that refuses what the vendors refuse. Words on the command line narrow it: `main.ts codex gemini edit`.
 */
const clients: readonly Client[] = [claude, codex, geminiCli, ...opencodes]
const AT_ONCE = 2

async function main(words: readonly string[]): Promise<number> {
  const started = performance.now()
  const wall = await buildWall()
  const missing = await findMissing(wall)
  const verdicts = missing.length > 0 ? [] : await judgeAll(chooseTrials(words), wall)
  wall.close()
  const strayed = wall.tried.map((place) => `a tool tried to reach ${place}`)
  const failed = verdicts.filter(({ problem }) => problem !== undefined).length
  const problems = [...missing, ...strayed]
  console.log(`\n${writeTable(verdicts)}\n\nin ${Math.round((performance.now() - started) / 1000)} s`)
  for (const problem of problems) console.log(problem)
  console.log(`clients: ${verdicts.length - failed} passed, ${failed + problems.length} failed`)
  return failed + problems.length > 0 || verdicts.length === 0 ? 1 : 0
}

/** A tool that needs another way to the same end has a case of the same name. */
const casesOf = ({ cases, leaves = [] }: Client): readonly Case[] => [
  ...cases,
  ...sharedCases.filter((shared) => ![...leaves, ...cases.map(({ name }) => name)].includes(shared.name)),
]

const chooseTrials = (words: readonly string[]): readonly Trial[] =>
  clients
    .flatMap((client) => casesOf(client).flatMap((item) => dialectIds.map((dialect) => ({ client, dialect, item }))))
    .filter((trial) => words.every((word) => labelOf(trial).toLowerCase().includes(word.toLowerCase())))

/** A tool that is not there, or is not what the lock says, is a failure. */
async function findMissing(wall: Wall): Promise<readonly string[]> {
  const problem = await install()
  if (problem !== undefined) return [problem]
  const problems = await Promise.all(clients.map((client) => checkVersion(client, wall)))
  return problems.filter((found) => found !== undefined)
}

async function checkVersion({ name, version }: Client, wall: Wall): Promise<string | undefined> {
  const home = mkdtempSync(join(tmpdir(), 'causeway-client-'))
  const { out, error } = await run(
    { ...version.launch, environment: {}, directory: home, home, temporary: home },
    wall.url,
  )
  rmSync(home, { recursive: true, force: true })
  return out.includes(version.is) ? undefined : `${name} should say that it is ${version.is}: ${out}${error}`
}

async function judgeAll(trials: readonly Trial[], wall: Wall): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = []
  const waiting = trials.values()
  const work = async (): Promise<void> => {
    for (const trial of waiting) {
      const verdict = await judge(trial, wall)
      verdicts.push(verdict)
      const { problem, seconds } = verdict
      console.log(
        `${problem === undefined ? 'ok    ' : 'FAILED'} ${labelOf(trial)} ${seconds.toFixed(1)} s ${problem ?? ''}`,
      )
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return verdicts
}

process.exitCode = await main(process.argv.slice(2))
