import { createServer } from 'node:http'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

/** Where the files of a run ask for the server that they share. */
export const sharedPostgres = 'CAUSEWAY_TEST_POSTGRES_BROKER'

/** Starts one PostgreSQL for a whole run when the first file asks for it, and ends it with the run. */
export default async function setup(): Promise<() => Promise<void>> {
  // Each of several projects of one run asks for it.
  if (process.env[sharedPostgres] !== undefined) return async () => {}
  let server: Promise<PostgresServer> | undefined
  const broker = createServer((_request, response) => {
    server ??= startPostgres()
    server.then(
      ({ url }) => response.end(url),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve))
  const address = broker.address()
  if (typeof address !== 'object' || !address) throw new Error('the broker of PostgreSQL does not listen')
  process.env[sharedPostgres] = `http://127.0.0.1:${address.port}`
  return async () => {
    broker.closeAllConnections()
    broker.close()
    await (await server)?.remove()
  }
}
