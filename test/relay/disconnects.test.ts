import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Command } from '../../src/ledger/command.ts'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats } from '../support/formats/format.ts'
import { type Gateway, key, startGateway } from '../support/gateway.ts'
import { type LedgerWatch, watchLedger } from '../support/ledger-watch.ts'
import { outputTokens, type VendorAnswer } from '../support/vendor/answer.ts'
import {
  type HeldVendor,
  type Hold,
  type SilentVendor,
  startHeldVendor,
  startSilentVendor,
} from '../support/vendor/held-vendor.ts'

// Clients that leave, at every point of an answer: what they are charged, beside the vendor's own meter.

const answer: VendorAnswer = { inputTokens: 25, thoughts: 9, texts: 30 }
const prompt = 'Tell me how a causeway is built where the tide comes in twice a day, and from what it is.'

/** USD per million, so thousands of nano-USD a token. */
const costOf = (output: number): bigint => BigInt(answer.inputTokens * 1000 + output * 10_000)
const wholeCost = costOf(outputTokens(answer))

let gateway: Gateway
let vendor: HeldVendor
let silent: SilentVendor
let ledger: LedgerWatch

beforeAll(async () => {
  vendor = await startHeldVendor()
  silent = await startSilentVendor()
  const channel = (name: string, format: DialectId, url: string, more = ''): string => `
  - { name: ${name}-${format}, provider: sandbox, base_url: "${url}", keys: [vendor-key], dialects: [${format}],
      models: [{ name: ${name}/${format}, upstream: fake }]${more} }`
  const channels = dialectIds.flatMap((format) => [
    channel('fake', format, vendor.url),
    channel('drained', format, vendor.url, ', client_gone: drain'),
  ])
  const silents = cases.map(
    ({ upstream }, at) => `
  - { name: silent-${at}, provider: sandbox, base_url: "${silent.url(at)}", keys: [vendor-key], dialects: [${upstream}],
      models: [{ name: silent/${at}, upstream: fake }] }`,
  )
  let nowMs = Date.now()
  gateway = await startGateway(
    `
sandbox: false
channels:${[...channels, ...silents].join('')}
keys: [{ name: test, key: ${key} }]
prices: [{ model: "*", input: 1, output: 10 }]`,
    {},
    // Time flies, so that every chunk that passes is told the ledger.
    { clock: () => (nowMs += 6_000) },
  )
  ledger = watchLedger(gateway)
})

afterAll(async () => {
  await gateway.close()
  await Promise.all([vendor.close(), silent.close()])
})

/** How a client leaves. */
const goodbyes = {
  FIN: (socket: Socket) => void socket.end(),
  RST: (socket: Socket) => void socket.resetAndDestroy(),
} as const satisfies Record<string, (socket: Socket) => void>

interface Client {
  readonly socket: Socket
  /** Resolves when this many bytes of an answer's end have come. */
  readonly ended: Promise<void>
}

function ask(format: DialectId, model: string, stream: boolean): Client {
  const { body, headers, path } = formats[format].ask({ model, stream, maxOutput: 5_000, turns: [{ user: prompt }] })
  const json = JSON.stringify(body)
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  // Who resets a connection may be told so.
  socket.on('error', () => {})
  let text = ''
  const ended = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1')
      if (isWhole(text)) resolve()
    })
  })
  const lines = Object.entries({
    host: '127.0.0.1',
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(json)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${json}`)
  return { socket, ended }
}

function isWhole(text: string): boolean {
  const at = text.indexOf('\r\n\r\n')
  if (at < 0) return false
  const length = /content-length: (\d+)/i.exec(text.slice(0, at))?.[1]
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= at + 4 + Number(length)
}

/** The terminal command of the request, and how many there were. */
async function ending(settled: Promise<Command>): Promise<Extract<Command, { do: 'settle' | 'void' }>> {
  const command = await settled
  if (command.do !== 'settle' && command.do !== 'void') throw new Error(`a request was ended by ${command.do}`)
  const all = ledger.commands.filter(
    (one) => 'id' in one && one.id === command.id && (one.do === 'settle' || one.do === 'void'),
  )
  expect(all).toHaveLength(1)
  const account = await gateway.app.books.store.account('user:acc_default')
  expect(account?.held ?? 0n).toBe(0n)
  return command
}

const chargeOf = (command: Extract<Command, { do: 'settle' | 'void' }>): bigint =>
  command.do === 'settle' ? command.charge : 0n

interface Case {
  readonly format: DialectId
  readonly upstream: DialectId
  readonly isStream: boolean
  readonly goodbye: keyof typeof goodbyes
}

const cases: readonly Case[] = dialectIds.flatMap((format, at) =>
  [format, dialectIds[(at + 1) % dialectIds.length] ?? format].flatMap((upstream) =>
    [false, true].flatMap((isStream) =>
      (['FIN', 'RST'] as const).map((goodbye) => ({ format, upstream, isStream, goodbye })),
    ),
  ),
)

const named = ({ format, goodbye, isStream, upstream }: Case): string =>
  `${format} ${isStream ? 'stream' : 'whole'} from ${upstream}, ${goodbye}`

/** Resolves when the server has noticed that the next client left. */
const nextToLeave = (): Promise<void> =>
  new Promise((resolve) => {
    gateway.app.server.server.once('connection', (socket: Socket) => void socket.on('close', () => resolve()))
  })

/** Leaves when the answer has got so far; gives the terminal command and what the vendor had made. */
async function leaveAt({ format, goodbye, isStream, upstream }: Case, hold: Hold, model = 'fake') {
  const settled = ledger.next('settle', 'void')
  const passed = ledger.next('checkpoint', 'settle', 'void')
  const asked = vendor.next(upstream, answer, hold)
  const left = nextToLeave()
  const client = ask(format, `${model}/${upstream}`, isStream)
  const held = await asked
  // What the gateway has read it tells the ledger.
  if (hold === 'end') await client.ended
  else if (isStream && hold !== 'head') await passed
  goodbyes[goodbye](client.socket)
  return { settled, held, left }
}

describe('a client that leaves', () => {
  for (const [at, one] of cases.entries()) {
    const { format, goodbye, isStream, upstream } = one
    describe(named(one), () => {
      it('while its reservation waits: nobody is asked, nothing is charged', async () => {
        const letGo = ledger.holdBack()
        const reserved = ledger.next('reserve')
        const settled = ledger.next('settle', 'void')
        const left = nextToLeave()
        const { socket } = ask(format, `silent/${at}`, isStream)
        await reserved
        goodbyes[goodbye](socket)
        await left
        letGo()
        expect(chargeOf(await ending(settled))).toBe(0n)
      })

      it('while the upstream is being connected to: nothing is charged', async () => {
        const settled = ledger.next('settle', 'void')
        const connected = silent.connected()
        const { socket } = ask(format, `silent/${at}`, isStream)
        await connected
        goodbyes[goodbye](socket)
        expect(chargeOf(await ending(settled))).toBe(0n)
      })

      it('before the upstream answers: it is hung up on, nothing is charged', async () => {
        const { held, settled } = await leaveAt(one, 'head')
        await held.closed
        expect(chargeOf(await ending(settled))).toBe(0n)
      })

      it('when it has everything: the whole price', async () => {
        const { settled } = await leaveAt(one, 'end')
        expect(await ending(settled)).toMatchObject({ do: 'settle', charge: wholeCost, source: 'vendor' })
      })

      if (!isStream)
        it('in the middle of a body: the upstream is hung up on, nothing is charged', async () => {
          const { held, settled } = await leaveAt(one, 'body')
          await held.closed
          expect(chargeOf(await ending(settled))).toBe(0n)
        })
      else {
        for (const hold of ['thinking', 'content'] as const)
          it(`in the ${hold}: the upstream is hung up on, what has passed is charged`, async () => {
            const { held, settled } = await leaveAt(one, hold)
            await held.closed
            const command = await ending(settled)
            // Clients of this format that did not ask for thoughts see none of another's: they have got nothing yet.
            const isHidden = hold === 'thinking' && format === 'anthropic-messages' && upstream !== format
            if (isHidden) return expect(chargeOf(command)).toBe(0n)
            const meter = Number(costOf(held.outputTokens))
            expect(Number(chargeOf(command))).toBeGreaterThan(meter * 0.7)
            expect(Number(chargeOf(command))).toBeLessThan(meter * 1.3 + 60_000)
          })
        it('after the usage frame: the charge is the vendor’s, to the nano-dollar', async () => {
          const { held, settled } = await leaveAt(one, 'usage')
          const command = await ending(settled)
          // One more token is counted than was told, and nothing said yet that no more would come.
          const isOpen = upstream === 'anthropic-messages' && upstream !== format
          expect([wholeCost, ...(isOpen ? [wholeCost + 10_000n] : [])]).toContain(chargeOf(command))
          held.response.destroy()
        })
      }
    })
  }
})

describe('a client that leaves a vendor that bills on', () => {
  for (const one of cases)
    for (const hold of one.isStream ? (['head', 'thinking', 'content'] as const) : (['head', 'body'] as const))
      it(`${named(one)}, at the ${hold}: the answer is read to its end, and its price is charged`, async () => {
        const { held, left, settled } = await leaveAt(one, hold, 'drained')
        await left
        held.goOn()
        expect(await ending(settled)).toMatchObject({ do: 'settle', charge: wholeCost, source: 'vendor' })
      })
})
