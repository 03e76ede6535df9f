import type { FastifyInstance } from 'fastify'
import type { Relay } from '../relay/relay.ts'

/** `/healthz`: the process runs. `/readyz`: it can answer; 503 while its store cannot. */
export function healthRoutes(server: FastifyInstance, relay: Relay): void {
  server.get('/healthz', async () => ({ status: 'ok' }))
  server.get('/readyz', async (_request, reply) => {
    try {
      relay.store.version()
      return { status: 'ready' }
    } catch (error) {
      relay.log.error({ err: error }, 'the store does not answer')
      return reply.code(503).send({ status: 'not ready' })
    }
  })
  // Code tools probe the root before they start.
  server.get('/', async () => ({ name: 'causeway', status: 'ok' }))
  server.get('/api/hello', async () => ({ status: 'ok' }))
}
