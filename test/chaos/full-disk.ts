/** One server on a disk that takes nothing more: what it says then, and whether all is settled when there is room again. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats } from '../support/formats/format.ts'
import type { Program } from '../support/program.ts'
import { readBooks } from './books.ts'
import { type Disk, fullDisk, refusingDisk } from './disks.ts'
import { judgeBooks } from './judge-books.ts'
import { type Order, prices, promptOf } from './order.ts'
import { listening, type Place, spawnServer } from './server.ts'
import type { Tally } from './tally.ts'
import { startVendor, type Vendor } from './vendor.ts'

let marks = 0
/** Of all that is free: nobody looks at its meter. */
const freeMark = 1_000_000_000
const key = 'sk-chaos-full-disk-0123456789'
const [directory = '', kind = ''] = process.argv.slice(2)
const place: Place = { directory, databaseUrl: undefined }
/** Every look is a line, for who counts them. */
const tally: Pick<Tally, 'check'> = {
  check: (invariant, isSo, what) => console.log(JSON.stringify({ invariant, isSo, what: isSo ? '' : what() })),
}

const scenes: Readonly<Record<string, { readonly disk: Disk; readonly isKilled: boolean }>> = {
  full: { disk: fullDisk(join(directory, 'balloon')), isKilled: false },
  'full and killed': { disk: fullDisk(join(directory, 'balloon')), isKilled: true },
  refusing: { disk: refusingDisk, isKilled: false },
}
const scene = scenes[kind]
if (!scene) throw new Error(`no scene "${kind}"`)
const vendor = await startVendor()
configure(vendor.url)
await play(scene.disk, scene.isKilled)
await vendor.close()

function configure(vendorUrl: string): void {
  mkdirSync(directory, { recursive: true })
  const models = (format: DialectId) =>
    ['paid', 'free'].map((name) => `{ name: ${name}/${format}, upstream: fake }`).join(', ')
  const channels = dialectIds.map(
    (format) => `
  - { name: ${format}, provider: sandbox, base_url: "${vendorUrl}", keys: [k], dialects: [${format}], models: [${models(format)}] }`,
  )
  const free = dialectIds.map((format) => `{ model: free/${format}, free: true }`)
  const price = `{ model: "*", input: ${prices.input}, output: ${prices.output} }`
  writeFileSync(
    join(directory, 'causeway.yaml'),
    `sandbox: false
channels:${channels.join('')}
keys: [{ name: test, key: ${key} }]
prices: [${free.join(', ')}, ${price}]
`,
  )
}

async function play(disk: Disk, isKilled: boolean): Promise<void> {
  let program = spawnServer(place)
  let { url } = await listening(program)
  const running = dialectIds.flatMap((format) => [1, 2, 3].map(() => ask(url, format, { texts: 150, isStream: true })))
  await until(10_000, async () => vendor.meter.size === running.length)
  disk.fill(idOf(program))
  await refusal(url)
  for (const answer of await Promise.all(running)) judge('what is running ends well', answer, [200])
  // What cannot be written by then is in the spool.
  await pause(1_500)
  if (isKilled) program.child.kill('SIGKILL')
  if (isKilled) await program.ended
  disk.free(idOf(program))
  if (isKilled) program = spawnServer(place)
  if (isKilled) url = (await listening(program)).url
  const back = await until(10_000, async () => (await ask(url, 'openai-chat')).status === 200)
  tally.check('a disk that has room is used again', back, () => 'it is not')
  program.child.kill('SIGTERM')
  const code = await program.ended
  tally.check('a server that is asked to end ends well', code === 0, () => program.said.error)
  await judgeAll(vendor)
}

// It runs: it was heard.
function idOf({ child }: Program): number {
  return child.pid ?? 0
}

/** From when the disk is full: at first there may be room in what is there already. */
async function refusal(url: string): Promise<void> {
  const isRefused = await until(20_000, async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(url, 'openai-chat')))
    for (const answer of answers) judge('a full disk is no fault of the client', answer, [200, 503])
    return answers.every(({ status }) => status === 503)
  })
  tally.check('a full disk refuses what costs money', isRefused, () => 'it does not')
  for (const format of dialectIds) {
    judge('a refusal is of the client’s format', await ask(url, format), [format === 'anthropic-messages' ? 529 : 503])
    judge('what is free goes on', await ask(url, format, { name: 'free' }), [200])
  }
}

async function until(longestMs: number, look: () => Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + longestMs; performance.now() < end; await pause(10))
    if (await look()) return true
  return false
}

interface Answer {
  readonly format: DialectId
  readonly status: number
  readonly retryAfter: string | null
  readonly text: string
}

async function ask(
  url: string,
  format: DialectId,
  { texts = 2, isStream = false, name = 'paid' } = {},
): Promise<Answer> {
  const order: Order = {
    mark: name === 'paid' ? marks++ : freeMark,
    answer: { inputTokens: 100, thoughts: 0, texts },
    gapMs: 20,
    ends: 'well',
    upstream: format,
  }
  const turns = [{ user: promptOf(order) }]
  const { body, headers, path } = formats[format].ask({
    model: `${name}/${format}`,
    stream: isStream,
    maxOutput: 2_000,
    turns,
  })
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { format, status: answer.status, retryAfter: answer.headers.get('retry-after'), text: await answer.text() }
}

function judge(invariant: string, { format, retryAfter, status, text }: Answer, expected: readonly number[]): void {
  const isSo = expected.includes(status) && (status === 200 || retryAfter !== null)
  tally.check(invariant, isSo, () => `${format}: ${status}, retry after ${retryAfter}: ${text}`)
}

/** Every answer is paid for, to the nano-dollar, and nothing is held. */
async function judgeAll({ meter }: Vendor): Promise<void> {
  const books = await readBooks(place)
  judgeBooks(books, { ...tally, passed: 0, failed: 0, report: () => [] })
  const open = books.reservations.filter(({ state }) => state === 'open')
  tally.check('nothing stays open', open.length === 0, () => `${open.length}`)
  const metered = [...meter].reduce((sum, [mark, { cost }]) => sum + (mark === freeMark ? 0n : cost), 0n)
  const charged = books.reservations.reduce((sum, row) => sum + row.charged, 0n)
  tally.check('the charges are what the vendor meters', charged === metered, () => `${charged}, not ${metered}`)
}
