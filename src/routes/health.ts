import type { FastifyInstance } from 'fastify'
import type { Relay } from '../relay/relay.ts'

/** `/healthz`: the process runs. `/readyz`: it can answer; 503 when its store has not answered for too long. */
export function healthRoutes(server: FastifyInstance, relay: Relay): void {
  server.get('/healthz', async () => ({ status: 'ok' }))
  server.get('/readyz', async (_request, reply) => {
    // Until then known keys are served; and what all servers share must not take all of them away.
    if (relay.freshness() !== 'expired') return { status: 'ready' }
    return reply.code(503).send({ status: 'not ready' })
  })
  // Code tools probe the root before they start.
  server.get('/', async () => ({ name: 'causeway', status: 'ok' }))
  server.get('/api/hello', async () => ({ status: 'ok' }))
}
