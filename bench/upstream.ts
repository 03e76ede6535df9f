/** A vendor that answers at once: run as a process of its own, `node bench/upstream.ts PORT [FIRST_BYTE_MS]`. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Answers, answersByPath } from './answers.ts'
import { beat } from './beat.ts'
import { eventsPerAnswer, type Manner } from './exchanges.ts'

const [port = '0', firstByteMs = '0'] = process.argv.slice(2)
/** A flood ends by itself, so that a proxy without back-pressure does not fill the machine. */
const floodBytes = 32 * 2 ** 20
/** Large events, so that filling the kernel's buffers, several MiB a connection, is soon done. */
const floodText = 'The tide comes in. '.repeat(1000)

type Answer = (response: ServerResponse, answers: Answers) => void

/** Every stream gets one event every 5 ms. */
const everyTick = beat({ periodMs: 5, groups: 1 })
/** Every stream gets one event a second, each at its own time in the second. */
const everySecond = beat({ periodMs: 1000, groups: 20 })

const manners: Readonly<Record<Manner, Answer>> = {
  whole(response, { whole }) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length })
    response.end(whole)
  },
  events: (response, answers) => tell(response, answers, everyTick, eventsPerAnswer),
  brief: (response, answers) => tell(response, answers, everyTick, 4),
  live: (response, answers) => tell(response, answers, everySecond, Number.POSITIVE_INFINITY),
  flood(response, answers) {
    const { head, delta } = answers.streamed(0, floodText)
    let left = floodBytes
    const pour = (): void => {
      while (left > 0 && !response.destroyed) {
        left -= delta.length
        if (!response.write(delta)) return
      }
    }
    response.on('drain', pour)
    response.write(head)
    pour()
  },
}

/** The first text comes with the head: a gateway that waits for content before it commits waits for nothing else. */
function tell(response: ServerResponse, answers: Answers, each: typeof everyTick, count: number): void {
  const { head, delta, tail } = answers.streamed(Number.isFinite(count) ? count : 0)
  let left = count - 1
  const stop = each(() => {
    if (left-- > 0) response.write(delta)
    else {
      stop()
      response.end(tail)
    }
  })
  response.on('close', stop)
  response.write(Buffer.concat([head, delta]))
}

function answer(body: string, request: IncomingMessage, response: ServerResponse): void {
  const answers = answersByPath[request.url ?? '']
  const manner = /"model":\s*"\w+-(\w+)"/.exec(body)?.[1]
  if (!answers || manner === undefined || !Object.hasOwn(manners, manner)) {
    response.writeHead(400).end(`nothing is said at ${request.url} in the manner "${manner}"`)
    return
  }
  // `hasOwn` found it there.
  const say = manners[manner as Manner]
  if (manner !== 'whole') response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  say(response, answers)
}

const server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, (request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (text: string) => (body += text))
  request.on('end', () => {
    if (firstByteMs === '0') answer(body, request, response)
    else setTimeout(answer, Number(firstByteMs), body, request, response)
  })
})
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 })
