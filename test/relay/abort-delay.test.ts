import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats } from '../support/formats/format.ts'
import { type Gateway, key, startGateway } from '../support/gateway.ts'
import { type HeldVendor, startHeldVendor } from '../support/vendor/held-vendor.ts'

// How long a vendor goes on for a client that has left.

const rounds = 9
const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN

let gateway: Gateway
let vendor: HeldVendor
beforeAll(async () => {
  vendor = await startHeldVendor()
  const channels = dialectIds.map(
    (format) => `
  - { name: ${format}, provider: sandbox, base_url: "${vendor.url}", keys: [k], dialects: [${format}],
      models: [{ name: fake/${format}, upstream: fake }] }`,
  )
  gateway = await startGateway(`
sandbox: false
channels:${channels.join('')}
keys: [{ name: test, key: ${key} }]
prices: [{ model: "*", input: 1, output: 10 }]`)
})
afterAll(async () => {
  await gateway.close()
  await vendor.close()
})

const goodbyes = {
  FIN: (socket: Socket) => void socket.end(),
  RST: (socket: Socket) => void socket.resetAndDestroy(),
} as const satisfies Record<string, (socket: Socket) => void>

/** Asks over a connection of its own. */
function ask(format: DialectId, upstream: DialectId): Socket {
  const { body, headers, path } = formats[format].ask({
    model: `fake/${upstream}`,
    stream: true,
    maxOutput: 500,
    turns: [{ user: 'Hello' }],
  })
  const json = JSON.stringify(body)
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  // Who resets a connection may be told so.
  socket.on('error', () => {}).resume()
  const lines = Object.entries({
    host: '127.0.0.1',
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(json)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${json}`)
  return socket
}

const cases = (['FIN', 'RST'] as const).flatMap((goodbye) =>
  (['head', 'content'] as const).flatMap((hold) =>
    [true, false].map((isForwarded) => ({ goodbye, hold, isForwarded })),
  ),
)

describe('a client that leaves', () => {
  it.each(cases)(
    'with $goodbye, at the $hold, forwarded: $isForwarded: its vendor is hung up on within 100 ms',
    async (one) => {
      const upstream: DialectId = 'anthropic-messages'
      const format: DialectId = one.isForwarded ? upstream : 'openai-chat'
      const tookMs: number[] = []
      for (let round = 0; round < rounds; round++) {
        const asked = vendor.next(upstream, { inputTokens: 25, thoughts: 0, texts: 30 }, one.hold)
        const socket = ask(format, upstream)
        const answered = one.hold === 'head' ? undefined : new Promise((resolve) => socket.once('data', resolve))
        const held = await asked
        await answered
        const leftAt = performance.now()
        goodbyes[one.goodbye](socket)
        await held.closed
        tookMs.push(performance.now() - leftAt)
      }
      expect(median(tookMs)).toBeLessThan(100)
      // Of a machine that has much else to do.
      expect(Math.max(...tookMs)).toBeLessThan(1_000)
    },
  )
})
