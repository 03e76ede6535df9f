/** The least that a Node proxy does: `node bench/minimal-proxy.ts PORT UPSTREAM`. What the gateway is compared with. */
import { createServer } from 'node:http'
import { Agent } from 'undici'

const [port = '0', origin = ''] = process.argv.slice(2)
const agent = new Agent({ connections: null, pipelining: 1, headersTimeout: 600_000, bodyTimeout: 600_000 })

const server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0 }, (request, response) => {
  const { host, connection, 'transfer-encoding': coding, 'content-length': length, ...headers } = request.headers
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
    agent.dispatch(
      { origin, path: request.url ?? '/', method: 'POST', headers, body: body ?? null },
      {
        onRequestStart(controller) {
          response.on('close', () => {
            if (!response.writableFinished) controller.abort(new Error('the client left'))
          })
        },
        onResponseStart(controller, status, { connection, 'keep-alive': keepAlive, ...rest }) {
          response.writeHead(status, rest)
          response.on('drain', () => controller.resume())
        },
        onResponseData(controller, chunk) {
          if (!response.write(chunk)) controller.pause()
        },
        onResponseEnd: () => void response.end(),
        onResponseError: () => void response.destroy(),
      },
    )
  })
})
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 })
