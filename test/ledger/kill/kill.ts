import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { auditAll } from '../../../src/ledger/auditor.ts'
import { realClock } from '../../../src/ledger/clock.ts'
import { openFileSpool } from '../../../src/ledger/file-spool.ts'
import { openLedger } from '../../../src/ledger/ledger.ts'
import { openSqliteLedger } from '../../../src/ledger/sqlite/store.ts'
import type { LedgerStore } from '../../../src/ledger/store.ts'
import { startSweeper } from '../../../src/ledger/sweeper.ts'

export interface Killed {
  /** What was acknowledged and is not so. */
  readonly lost: readonly string[]
  readonly acknowledged: number
  /** Requests that a sweeper ended. */
  readonly swept: number
}

/** Lives and deaths of a ledger on one file: killed at any moment, opened again, looked at. */
export async function killAgainAndAgain(directory: string, cycles: number): Promise<Killed> {
  const said: string[] = []
  for (let cycle = 0; cycle < cycles; cycle++) said.push(...(await liveAndDie(directory, cycle)))
  const store = await openSqliteLedger(join(directory, 'ledger.db'))
  const spool = await openFileSpool(join(directory, 'spool'))
  const lost: string[] = []
  const onTrouble = (trouble: unknown): void => void lost.push(`trouble: ${JSON.stringify(trouble)}`)
  const ledger = openLedger({ store, spool, clock: realClock, onTrouble })
  const sweeper = startSweeper({ ledger, store, clock: realClock, steadyMs: 0, onTrouble })
  await sweeper.close()
  lost.push(...(await missing(store, said)))
  for (const orphan of await store.orphans()) lost.push(`open for ever: ${orphan.id}`)
  for (const { account, figure, is, shouldBe } of (await auditAll(store)) ?? [])
    lost.push(`${figure} of ${account} is ${is} and should be ${shouldBe}`)
  let swept = 0
  for (const line of said)
    if (line.startsWith('reserve') && (await store.reservation(idOf(line)))?.source === 'sweep') swept++
  await ledger.close()
  return { lost, acknowledged: said.length, swept }
}

async function liveAndDie(directory: string, cycle: number): Promise<string[]> {
  const child = spawn(process.execPath, [childPath, directory, `life-${cycle}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: string[] = []
  const isUp = Promise.withResolvers<void>()
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    if (line === 'up') return
    said.push(line)
    // It is at work: now it may die.
    isUp.resolve()
  })
  const isDead = once(child, 'exit')
  const isRead = once(lines, 'close')
  await Promise.race([isUp.promise, isDead])
  setTimeout(() => child.kill('SIGKILL'), Math.random() * 60)
  await isDead
  await isRead
  return said
}

const childPath = fileURLToPath(new URL('./child.ts', import.meta.url))

/** Every acknowledged word, compared with what the file says. */
async function missing(store: LedgerStore, said: readonly string[]): Promise<string[]> {
  const lost: string[] = []
  for (const line of said) {
    const [, word = '', id = '', amount = ''] = /^(\w+) (.*) (\d+)$/.exec(line) ?? []
    if (!(await isTrue(store, word, id, BigInt(amount)))) lost.push(line)
  }
  return lost
}

async function isTrue(store: LedgerStore, word: string, id: string, amount: bigint): Promise<boolean> {
  if (word === 'credit') return (await store.operation(`credit/${id}`))[0]?.amount === amount
  const row = await store.reservation(id)
  if (word === 'reserve') return row?.asked === amount && row.state !== 'open'
  if (word === 'checkpoint') return row?.state === 'settled' && row.charged >= amount
  return row?.state === 'settled' && row.source === 'vendor' && row.charged === amount
}

const idOf = (line: string): string => line.split(' ').slice(1, -1).join(' ')

/** `node test/ledger/kill/kill.ts DIRECTORY CYCLES` */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const killed = await killAgainAndAgain(process.argv[2] ?? '', Number(process.argv[3] ?? 100))
  console.log(killed)
  process.exitCode = killed.lost.length > 0 ? 1 : 0
}
