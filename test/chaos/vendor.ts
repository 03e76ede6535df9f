import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { outputTokens } from '../support/vendor/answer.ts'
import { vendorFormats } from '../support/vendor/formats.ts'
import { costOf, type Order, orderIn } from './order.ts'

/** What the vendor bills for one request, by its own meter. */
export interface Metered {
  /** How often it was asked for it. */
  times: number
  cost: bigint
  isWhole: boolean
  /** What it had come to, and when: the last of these is `cost`. */
  readonly steps: { readonly atMs: number; readonly cost: bigint }[]
}

export interface Vendor {
  readonly url: string
  /** By the mark of the request. */
  readonly meter: ReadonlyMap<number, Metered>
  close(): Promise<void>
}

/** A vendor of all formats that tells what it bills for to nobody but the judge. */
export async function startVendor(): Promise<Vendor> {
  const meter = new Map<number, Metered>()
  const server = createServer((request, response) => {
    read(request).then(
      (body) => answer(meter, request.url ?? '', body, response),
      // A gateway that was killed while it asked.
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Listening on a port of the loopback.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    meter,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function answer(meter: Map<number, Metered>, path: string, body: string, response: ServerResponse): void {
  const order = orderIn(body)
  if (!order) throw new Error(`a request without an order: ${path}`)
  const metered = meter.get(order.mark) ?? { times: 0, cost: 0n, isWhole: false, steps: [] }
  meter.set(order.mark, metered)
  metered.times++
  if (order.ends === 'refused') {
    response.writeHead(500, { 'content-type': 'application/json' })
    response.end('{"error":{"type":"server_error","message":"out of order"}}')
    return
  }
  const bill = (output: number): void => {
    metered.cost = costOf(order.answer.inputTokens, output)
    metered.steps.push({ atMs: performance.now(), cost: metered.cost })
  }
  const format = vendorFormats[order.upstream]
  if (format.isStream(path, body)) stream(order, metered, response, bill)
  else whole(order, metered, response, bill)
}

function stream(order: Order, metered: Metered, response: ServerResponse, bill: (output: number) => void): void {
  const pieces = vendorFormats[order.upstream].stream(order.answer)
  let at = 0
  bill(0)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const timer = setInterval(say, order.gapMs)
  response.on('close', () => clearInterval(timer))
  function say(): void {
    const piece = pieces[at++]
    if (!piece) {
      clearInterval(timer)
      metered.isWhole = true
      response.end()
      return
    }
    if (piece.text !== '') response.write(piece.text)
    bill(piece.outputTokens)
  }
}

/** Whoever hangs up before the answer is made is not billed for it. */
function whole(order: Order, metered: Metered, response: ServerResponse, bill: (output: number) => void): void {
  const timer = setTimeout(
    () => {
      metered.isWhole = true
      bill(outputTokens(order.answer))
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(vendorFormats[order.upstream].whole(order.answer)))
    },
    order.gapMs * (order.answer.texts / 2),
  )
  response.on('close', () => clearTimeout(timer))
}
