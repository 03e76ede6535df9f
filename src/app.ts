import { randomUUIDv7 } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { adminRoutes } from './admin/index.ts'
import { metricsRoute } from './admin/metrics.ts'
import { firstToken } from './admin/tokens.ts'
import { type MadeKey, settle } from './config/settle.ts'
import type { Config } from './config.ts'
import { limiter } from './ledger/limit/limiter.ts'
import { shareLimits } from './ledger/limit/sharing.ts'
import { type PriceBook, priceBook } from './ledger/price/price-book.ts'
import { priceFromUsd } from './ledger/price/usd-rates.ts'
import { type RunningLedger, startLedger } from './ledger/start.ts'
import { type Metrics, metrics, metricsType } from './metrics/metrics.ts'
import { zero } from './model/money.ts'
import type { Channel } from './model/rows.ts'
import { provider } from './providers/index.ts'
import { displaced } from './relay/displaced.ts'
import { drains } from './relay/drain.ts'
import { envelopes } from './relay/envelopes.ts'
import { matchesGlob } from './relay/glob.ts'
import { health } from './relay/health.ts'
import { live } from './relay/live.ts'
import { logRecovery } from './relay/log-recovery.ts'
import type { Log, Relay } from './relay/relay.ts'
import { requestLog } from './relay/request-log.ts'
import { retryBudget } from './relay/retry-budget.ts'
import { speed } from './relay/speed.ts'
import { watchUnfinished } from './relay/unfinished-watch.ts'
import { upstreams } from './relay/upstream.ts'
import { billingRoutes } from './routes/billing.ts'
import { chatRoutes } from './routes/chat.ts'
import { countRoutes } from './routes/count.ts'
import { geminiRoutes } from './routes/gemini.ts'
import { generationRoutes } from './routes/generation.ts'
import { healthRoutes } from './routes/health.ts'
import { modelRoutes } from './routes/models.ts'
import { badPath, notFound } from './routes/not-found.ts'
import { canonicalPath } from './routes/path.ts'
import { responseRoutes } from './routes/responses.ts'
import { routeRoutes } from './routes/route.ts'
import { type RunningSandbox, startSandbox } from './sandbox/index.ts'
import { sandboxModels } from './sandbox/models.ts'
import { closedBook, type KnownClosed } from './store/closed.ts'
import { lockDirectory } from './store/directory-lock.ts'
import { openPlace } from './store/open.ts'
import { hashKey } from './store/secrets.ts'
import { type Snapshot, snapshot } from './store/snapshot.ts'
import type { Store } from './store/store.ts'
import { watch } from './store/watcher.ts'

/** A server that is composed but does not listen yet. */
export interface App {
  readonly server: FastifyInstance
  /** Keys made by this start, to be printed once. */
  readonly newKeys: readonly MadeKey[]
  /** A token of the management API that may do everything, where there was none; to be printed once. */
  readonly rootToken?: string
  /** Credentials that could not be opened at the last look. */
  closedCredentials(): readonly KnownClosed[]
  readonly books: RunningLedger
  readonly store: Store
  /** Takes over another configuration's channels and keys; gives the keys that it made. */
  reconfigure(config: Config): Promise<App['newKeys']>
  /** Lets running requests finish, at most the configured time, then closes everything. */
  close(): Promise<void>
}

export interface AppOptions {
  readonly clock?: () => number
  /** Milliseconds since some moment, which no correction of the clock moves. */
  readonly stopwatch?: () => number
  readonly random?: () => number
  readonly log?: Log
}

const sweepMs = 3_600_000
const lookForIdleMs = 50
const responsesKeptMs = 30 * 24 * 3_600_000

/**
 * Composes everything into one server.
 * @throws Error that says in a line why it cannot be: the store cannot be opened, or another server has the directory.
 */
export async function makeApp(config: Config, options: AppOptions = {}): Promise<App> {
  // Before anything is written: two servers with two configurations would undo what the other did.
  const unlock = lockDirectory(config.dataDirectory)
  try {
    return await compose(config, options, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

async function compose(config: Config, options: AppOptions, unlock: () => void): Promise<App> {
  const clock = options.clock ?? Date.now
  const log = options.log ?? pino({ level: 'info' })
  const { store, keyring } = await openPlace(config)
  const { box, pepper, tokenPepper } = keyring
  const sandbox = config.sandbox ? await startSandbox() : undefined
  // Servers that start together on one database take turns.
  const { newKeys, rootToken } = await store.together(async (inside) => ({
    newKeys: await settle(inside, config, pepper, clock()),
    rootToken: await firstToken(inside, tokenPepper, clock()),
  }))
  const closed = closedBook({
    clock,
    onFound: ({ id, channel, hint, reason }) =>
      log.error({ channel, credential: hint, id, reason }, 'a credential cannot be opened: it is left out'),
  })
  let configured = config
  const take = async (): Promise<Snapshot> => {
    const opened = await store.channels(box).open()
    return snapshot({
      keys: await store.keys.list(),
      channels: opened.channels,
      fileChannels: allChannels(configured, sandbox),
      closed: closed.note(opened.closed),
      accounts: await store.accounts.list(),
      groups: await store.accounts.groups(),
      modelLimits: await store.modelLimits.list(),
      trustedProxies: configured.trustedProxies,
      routing: configured.routing,
    })
  }
  // Read before the snapshot: what is written in between is seen at the first look.
  const seen = await store.version()
  let current = await take()
  let prices = await pricesOf(store, configured)
  let refreshed: Promise<void> = Promise.resolve()
  /** One after the other: what was read first must not be the last to count. */
  const refresh = (): Promise<void> => {
    const next = refreshed.then(async () => {
      const [taken, book] = await Promise.all([take(), pricesOf(store, configured)])
      current = taken
      prices = book
    })
    refreshed = next.catch(() => undefined)
    return next
  }
  const watcher = watch({
    store,
    seen,
    refresh,
    stopwatch: options.stopwatch ?? (() => performance.now()),
    onTrouble: (error) => log.error({ err: error }, 'the store does not answer: the last snapshot goes on'),
    onRecovery: () => log.info('the store answers again'),
  })
  const figures = metrics()
  const recovery = logRecovery()
  const books = await startLedger(config, {
    onCommit: figures.onCommit,
    onTrouble: (trouble) => log.error({ trouble }, 'the ledger has trouble'),
    onDifference: (difference) => log.error({ difference }, 'the books do not balance'),
    onSwept: recovery.swept,
  })
  const requests = requestLog(store.requests, log)
  // Before the first request can be charged.
  await recovery.begin({ books: books.store, requests: store.requests, marks: store.marks, requestLog: requests, log })
  const streams = live(clock)
  const { limits } = config
  const rates = limiter(clock)
  // A file has one process.
  const sharing =
    config.databaseUrl === undefined
      ? undefined
      : shareLimits({
          limiter: rates,
          uses: store.limitUses,
          process: randomUUIDv7(),
          clock,
          onTrouble: (error) => log.error({ err: error }, 'limits are not shared: every server has them for itself'),
        })
  const relay: Relay = {
    snapshot: () => current,
    freshness: watcher.freshness,
    hashKey: (key) => hashKey(pepper, key),
    providerOf: provider,
    upstreams: upstreams({
      connectMs: limits.connect_timeout_ms,
      firstByteMs: limits.first_byte_timeout_ms,
      idleMs: limits.idle_timeout_ms,
    }),
    store,
    till: {
      ledger: books.ledger,
      books: books.store,
      prices: () => prices,
      limiter: rates,
      requestLog: figures.counting(requests),
    },
    envelopes: envelopes(keyring.envelopeKey),
    health: health(clock),
    retries: retryBudget(),
    speed: speed(clock),
    displaced: displaced(clock),
    live: streams,
    drains: drains(),
    log,
    clock,
    random: options.random ?? Math.random,
    // In the order of time: rows that come one after another lie beside one another on the disk, so that a commit
    // writes few pages.
    newId: () => randomUUIDv7().replaceAll('-', ''),
    limits: {
      bodyBytes: limits.body_bytes,
      bodyTimeoutMs: limits.body_timeout_ms,
      replyBytes: limits.reply_bytes,
      attempts: limits.attempts,
    },
  }
  figures.watch({ relay, books, log: requests })
  const server = serve(relay, config, figures)
  billingRoutes(server, relay, async (account) => (await books.store.account(account))?.balance ?? zero)
  const admin = { relay, books: books.store, box, pepper, tokenPepper, refresh }
  adminRoutes(server, admin)
  metricsRoute(server, admin, { isPublic: config.metrics.isPublic, type: metricsType, text: figures.text })
  const stopSweeping = sweepStore(store, log, clock)
  const looking = watchUnfinished(relay)
  return {
    server,
    newKeys,
    ...(rootToken !== undefined && { rootToken }),
    closedCredentials: () => current.closed,
    books,
    store,
    async reconfigure(next) {
      const made = await store.together((inside) => settle(inside, next, pepper, clock()))
      configured = next
      await refresh()
      return made
    },
    async close() {
      stopSweeping()
      looking.stop()
      await drained(server, limits.drain_timeout_ms)
      streams.close()
      relay.drains.close()
      await relay.upstreams.close()
      await looking.close()
      await recovery.stop()
      await books.close()
      await requests.close()
      await recovery.leave()
      await sandbox?.close()
      await sharing?.close()
      await watcher.close()
      await store.close()
      unlock()
    },
  }
}

function serve(relay: Relay, config: Config, { install }: Pick<Metrics, 'install'>): FastifyInstance {
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
  install(server)
  healthRoutes(server, relay)
  chatRoutes(server, relay)
  countRoutes(server, relay)
  geminiRoutes(server, relay)
  modelRoutes(server, relay)
  responseRoutes(server, relay)
  generationRoutes(server, relay)
  routeRoutes(server, relay)
  notFound(server, relay)
  return server
}

/** What the operator set: by the management API, and by the file as it is now. */
async function pricesOf(store: Store, { prices }: Config): Promise<PriceBook> {
  const named = new Set(prices.map(({ model }) => model))
  const rows = (await store.prices.list()).filter(({ model, source }) => source === 'api' || named.has(model))
  return priceBook(
    rows.map(({ id, model, rates, validFromMs }) => ({ model, price: priceFromUsd(id, rates), fromMs: validFromMs })),
    priceFromUsd('free', { free: true }),
    matchesGlob,
  )
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

/** Removes what is too old, now and then. */
function sweepStore(store: Store, log: Log, clock: () => number): () => void {
  const sweep = setInterval(() => {
    Promise.all([
      store.seals.removeExpired(clock()),
      store.idempotency.removeExpired(clock()),
      store.responses.removeOlderThan(clock() - responsesKeptMs),
    ]).catch((error: unknown) => log.error({ err: error }, 'old rows were not removed'))
  }, sweepMs)
  sweep.unref()
  return () => clearInterval(sweep)
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
