import { randomUUID } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { type MadeKey, settle } from './config/settle.ts'
import type { Config } from './config.ts'
import type { Channel } from './model/rows.ts'
import { provider } from './providers/index.ts'
import { displaced } from './relay/displaced.ts'
import { envelopes } from './relay/envelopes.ts'
import { health } from './relay/health.ts'
import { live } from './relay/live.ts'
import type { Log, Relay } from './relay/relay.ts'
import { upstreams } from './relay/upstream.ts'
import { chatRoutes } from './routes/chat.ts'
import { countRoutes } from './routes/count.ts'
import { geminiRoutes } from './routes/gemini.ts'
import { healthRoutes } from './routes/health.ts'
import { modelRoutes } from './routes/models.ts'
import { badPath, notFound } from './routes/not-found.ts'
import { canonicalPath } from './routes/path.ts'
import { responseRoutes } from './routes/responses.ts'
import { type RunningSandbox, startSandbox } from './sandbox/index.ts'
import { sandboxModels } from './sandbox/models.ts'
import { secretBox } from './store/secret-box.ts'
import { deriveKey, hashKey, masterKey } from './store/secrets.ts'
import { type Snapshot, snapshot } from './store/snapshot.ts'
import { openStore, type Store } from './store/store.ts'

/** A server that is composed but does not listen yet. */
export interface App {
  readonly server: FastifyInstance
  /** Keys made by this start, to be printed once. */
  readonly newKeys: readonly MadeKey[]
  /** Takes over another configuration's channels and keys; gives the keys that it made. */
  reconfigure(config: Config): Promise<App['newKeys']>
  /** Lets running requests finish, at most the configured time, then closes everything. */
  close(): Promise<void>
}

export interface AppOptions {
  readonly clock?: () => number
  readonly random?: () => number
  readonly log?: Log
}

/** How soon keys made or revoked by another process count here. */
const lookForChangesMs = 500
const sweepMs = 3_600_000
const lookForIdleMs = 50
const responsesKeptMs = 30 * 24 * 3_600_000

/**
 * Composes everything into one server.
 * @throws Error when the store cannot be opened.
 */
export async function makeApp(config: Config, options: AppOptions = {}): Promise<App> {
  const clock = options.clock ?? Date.now
  const log = options.log ?? pino({ level: 'info' })
  const store = await openStore(config.dataDirectory)
  const master = masterKey(config.masterKey, config.dataDirectory)
  const pepper = deriveKey(master, 'keys')
  const sandbox = config.sandbox ? await startSandbox() : undefined
  const newKeys = await settle(store, config, pepper, clock())
  const vault = store.channels(secretBox([deriveKey(master, 'credentials')]))
  let configured = config
  const take = async (): Promise<Snapshot> =>
    snapshot({
      keys: await store.keys.list(),
      channels: [...allChannels(configured, sandbox), ...(await vault.open())],
      accounts: await store.accounts.list(),
      groups: await store.accounts.groups(),
      trustedProxies: configured.trustedProxies,
    })
  // Read before the snapshot: what is written in between is seen at the first look.
  const seen = await store.version()
  let current = await take()
  const refresh = async (): Promise<void> => {
    current = await take()
  }
  const streams = live(clock)
  const { limits } = config
  const relay: Relay = {
    snapshot: () => current,
    hashKey: (key) => hashKey(pepper, key),
    providerOf: provider,
    upstreams: upstreams({
      connectMs: limits.connect_timeout_ms,
      firstByteMs: limits.first_byte_timeout_ms,
      idleMs: limits.idle_timeout_ms,
    }),
    store,
    envelopes: envelopes(deriveKey(master, 'envelopes')),
    health: health(clock),
    displaced: displaced(clock),
    live: streams,
    log,
    clock,
    random: options.random ?? Math.random,
    // Node keeps entropy for these in stock; asking the kernel for each costs more than the rest of a look-up.
    newId: () => randomUUID().replaceAll('-', ''),
    limits: {
      bodyBytes: limits.body_bytes,
      bodyTimeoutMs: limits.body_timeout_ms,
      replyBytes: limits.reply_bytes,
      attempts: limits.attempts,
    },
  }
  const server = serve(relay, config)
  const stopWatching = watchStore(store, seen, refresh, log, clock)
  return {
    server,
    newKeys,
    async reconfigure(next) {
      const made = await settle(store, next, pepper, clock())
      configured = next
      await refresh()
      return made
    },
    async close() {
      stopWatching()
      await drained(server, limits.drain_timeout_ms)
      streams.close()
      await relay.upstreams.close()
      await sandbox?.close()
      await store.close()
    },
  }
}

function serve(relay: Relay, config: Config): FastifyInstance {
  const server = fastify({
    logger: false,
    genReqId: () => `req_${relay.newId()}`,
    bodyLimit: config.limits.body_bytes,
    rewriteUrl: (request) => canonicalPath(request.url ?? '/'),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4096 },
    frameworkErrors: badPath,
    forceCloseConnections: 'idle',
    // What comes over a connection that is still open is answered, and the connection closed.
    return503OnClosing: false,
    http: {
      headersTimeout: config.limits.headers_timeout_ms,
      // Node looks for late headers every 30 seconds otherwise, however short their timeout is.
      connectionsCheckingInterval: 1_000,
      requestTimeout: 0,
      keepAliveTimeout: 65_000,
    },
  })
  // The handlers read bodies by themselves, after they know who is asking.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, _payload, done) => done(null))
  healthRoutes(server, relay)
  chatRoutes(server, relay)
  countRoutes(server, relay)
  geminiRoutes(server, relay)
  modelRoutes(server, relay)
  responseRoutes(server, relay)
  notFound(server, relay)
  return server
}

/** Channels of the configuration, and the sandbox's where it runs. */
function allChannels(config: Config, sandbox: RunningSandbox | undefined): readonly Channel[] {
  if (!sandbox) return config.channels
  const own: Channel = {
    name: 'sandbox',
    provider: 'sandbox',
    baseUrl: sandbox.url,
    secrets: ['sandbox'],
    models: [...sandboxModels.map(({ id }) => ({ name: id })), { name: 'sandbox-*' }],
    priority: 0,
    weight: 1,
  }
  return [...config.channels, own]
}

/** Looks for what other processes wrote, and removes what is too old. */
function watchStore(
  store: Store,
  seen: number,
  refresh: () => Promise<void>,
  log: Log,
  clock: () => number,
): () => void {
  let version = seen
  const look = async (): Promise<void> => {
    const now = await store.version()
    if (now === version) return
    await refresh()
    version = now
  }
  const looking = setInterval(() => {
    look().catch((error: unknown) => log.error({ err: error }, 'the snapshot was not refreshed'))
  }, lookForChangesMs)
  const sweep = setInterval(() => {
    Promise.all([store.seals.removeExpired(clock()), store.responses.removeOlderThan(clock() - responsesKeptMs)]).catch(
      (error: unknown) => log.error({ err: error }, 'old rows were not removed'),
    )
  }, sweepMs)
  looking.unref()
  sweep.unref()
  return () => {
    clearInterval(looking)
    clearInterval(sweep)
  }
}

/** Stops taking connections and waits for those under way. */
async function drained(server: FastifyInstance, timeoutMs: number): Promise<void> {
  const force = setTimeout(() => server.server.closeAllConnections(), timeoutMs)
  // A connection whose last answer was under way would be kept open for the next request.
  const idle = setInterval(() => server.server.closeIdleConnections(), lookForIdleMs)
  await server.close()
  clearTimeout(force)
  clearInterval(idle)
}
