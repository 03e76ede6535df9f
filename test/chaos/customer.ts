import { Agent, request } from 'node:http'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { formats } from '../support/formats/format.ts'
import type { Chance } from './chance.ts'
import { type Order, promptOf } from './order.ts'
import { keyOf } from './server.ts'

/** What a customer knows of one request of theirs. */
export interface Trace {
  readonly customer: string
  readonly life: number
  readonly order: Order
  readonly format: DialectId
  readonly isStream: boolean
  /** Absent: paid for in slices. */
  readonly maxOutput?: number
  /** Where the head of the answer came. */
  requestId?: string
  status?: number
  /** `whole`: read to its end, and right. `left`: the customer did not wait. `broken`: the connection did not last. */
  end: 'whole' | 'left' | 'broken' | 'refused' | 'wrong'
  /** What was wrong, or why it was refused. */
  what?: string
  leftAtMs?: number
}

/** Of the requests of a life: how long their answers take. */
export interface Habit {
  readonly texts: readonly [number, number]
  readonly gapMs: readonly [number, number]
}

/** Asks one thing after the other until `isOver`. */
export async function runCustomer(
  { customer, life, url, chance, habit, nextMark }: Workload,
  traces: Trace[],
  isOver: () => boolean,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  while (!isOver()) {
    const trace = traceOf({ customer, life, chance, habit, mark: nextMark() })
    traces.push(trace)
    const leavesAfterMs = chance.next() < 0.2 ? chance.between(1, 150) : undefined
    await ask(url, agent, trace, leavesAfterMs)
    // Nobody is there any more.
    if (trace.end === 'broken' && trace.status === undefined) break
    if (trace.end === 'refused') await wait(chance.between(5, 50))
  }
  agent.destroy()
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export interface Workload {
  readonly customer: string
  readonly life: number
  readonly url: string
  readonly chance: Chance
  readonly habit: Habit
  readonly nextMark: () => number
}

interface Wanted {
  readonly customer: string
  readonly life: number
  readonly chance: Chance
  readonly habit: Habit
  readonly mark: number
}

function traceOf({ customer, life, chance, habit, mark }: Wanted): Trace {
  const isStream = chance.next() < 0.7
  const order: Order = {
    mark,
    answer: {
      inputTokens: chance.between(90, 150),
      thoughts: isStream && chance.next() < 0.3 ? chance.between(1, 8) : 0,
      texts: chance.between(...habit.texts),
    },
    gapMs: chance.between(...habit.gapMs),
    ends: chance.next() < 0.08 ? 'refused' : 'well',
    upstream: chance.pick(dialects),
  }
  return {
    customer,
    life,
    order,
    format: chance.pick(dialects),
    isStream,
    ...(chance.next() < 0.7 && { maxOutput: 2_000 }),
    end: 'broken',
  }
}

// There are four of them.
const dialects = dialectIds as unknown as readonly [DialectId, ...DialectId[]]

function ask(url: string, agent: Agent, trace: Trace, leavesAfterMs: number | undefined): Promise<void> {
  const { customer, format, isStream, maxOutput, order } = trace
  const { body, headers, path } = formats[format].ask({
    model: `${order.upstream}/fake`,
    stream: isStream,
    ...(maxOutput !== undefined && { maxOutput }),
    turns: [{ user: promptOf(order) }],
  })
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url)
    const call = request({
      ...{ hostname, port, path, agent, method: 'POST' },
      headers: { ...headers, authorization: `Bearer ${keyOf(customer)}`, 'content-type': 'application/json' },
    })
    const leaving =
      leavesAfterMs === undefined
        ? undefined
        : setTimeout(() => {
            trace.end = 'left'
            trace.leftAtMs = performance.now()
            call.destroy()
            resolve()
          }, leavesAfterMs)
    const done = (): void => {
      clearTimeout(leaving)
      resolve()
    }
    call.on('error', done)
    call.on('response', (response) => {
      trace.status = response.statusCode ?? 0
      const id = response.headers['x-request-id']
      if (typeof id === 'string') trace.requestId = id
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      // A cut shows as an answer that is not complete.
      response.on('error', () => {})
      response.on('close', () => {
        if (trace.end !== 'left' && response.complete) judge(trace, Buffer.concat(chunks).toString('utf8'))
        done()
      })
    })
    call.end(JSON.stringify(body))
  })
}

function judge(trace: Trace, text: string): void {
  if (trace.status !== 200) {
    trace.end = 'refused'
    trace.what = text
    return
  }
  try {
    const format = formats[trace.format]
    if (trace.isStream) format.viewStream(text)
    else format.view(JSON.parse(text))
    trace.end = 'whole'
  } catch (error) {
    trace.end = 'wrong'
    trace.what = `${error instanceof Error ? error.message : String(error)}: ${text.slice(-300)}`
  }
}
