import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client'
import type { RunningLedger, SeenCommit } from '../ledger/start.ts'
import type { Relay } from '../relay/relay.ts'
import type { LogFigures, RequestLog } from '../relay/request-log.ts'
import { httpCounts } from './http.ts'
import { ledgerCounts, ledgerFigures } from './ledger.ts'
import { requestCounts } from './requests.ts'
import { counted, type Family, gauge } from './series.ts'

/** Everything that is counted. Made before what it counts; `watch` adds what can be read off the rest. */
export interface Metrics {
  /** A log that counts what passes. */
  counting(log: RequestLog): RequestLog
  onCommit(commit: SeenCommit): void
  /** Before the routes. */
  install(server: FastifyInstance): void
  watch(parts: Watched): void
  /** All of it in Prometheus' text format. */
  text(): Promise<string>
}

export interface Watched {
  readonly relay: Pick<Relay, 'freshness' | 'health' | 'live' | 'retries' | 'snapshot'>
  readonly books: Pick<RunningLedger, 'auditor' | 'ledger' | 'sweeper'>
  readonly log: LogFigures
}

export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE

export function metrics(): Metrics {
  const registry = new Registry()
  const requests = requestCounts()
  const http = httpCounts()
  const ledger = ledgerCounts()
  const process = processRegistry()
  for (const counts of [http, requests, ledger]) register(registry, counts.families)
  return {
    counting: (log) => ({
      ...log,
      add(row) {
        requests.count(row)
        log.add(row)
      },
    }),
    onCommit: ledger.onCommit,
    install: http.install,
    watch: ({ books, log, relay }) =>
      register(registry, [...ledgerFigures(books), ...relayFigures(relay), ...logFigures(log)]),
    text: async () => `${await registry.metrics()}\n${await process.metrics()}`,
  }
}

const restStates = ['resting', 'parked', 'open', 'probing'] as const

const relayFigures = ({ freshness, health, live, retries, snapshot }: Watched['relay']): readonly Family[] => [
  gauge(
    { name: 'causeway_retry_budget_attempts', help: 'Attempts after a fault that may be made now' },
    () => retries.left,
  ),
  gauge(
    {
      name: 'causeway_upstreams_resting',
      help: 'Ways to upstreams that are not asked now; open: their breaker is',
      labels: ['state'],
    },
    () => {
      const tally = health.tally()
      return restStates.map((state) => [[state], tally[state]] as const)
    },
  ),
  gauge({ name: 'causeway_live_streams', help: 'Streams under way' }, () => live.size),
  gauge(
    { name: 'causeway_unusable_credentials', help: 'Credentials of channels whose secret cannot be opened' },
    () => snapshot().closed.length,
  ),
  gauge({ name: 'causeway_store_fresh', help: '1: the store answers; 0: the last snapshot goes on' }, () =>
    freshness() === 'fresh' ? 1 : 0,
  ),
]

const logFigures = (log: LogFigures): readonly Family[] => [
  gauge({ name: 'causeway_request_log_waiting_rows', help: 'Rows of the request log that are not written yet' }, () =>
    log.waiting(),
  ),
  counted({ name: 'causeway_request_log_dropped_rows_total', help: 'Rows of the request log that were given up' }, () =>
    log.dropped(),
  ),
]

function register(registry: Registry, families: readonly Family[]): void {
  for (const { name, help, type, samples } of families) {
    const family = { name, get: async () => ({ name, help, type, aggregator: 'sum', values: samples() }) }
    // A registry asks its metrics for their name and `get`, and for nothing else.
    registry.registerMetric(family as unknown as Metric)
  }
}

let ofProcess: Registry | undefined

/** Of the process and its event loop; one for all servers of a process, as it watches what they share. */
function processRegistry(): Registry {
  if (ofProcess) return ofProcess
  ofProcess = new Registry()
  collectDefaultMetrics({ register: ofProcess })
  return ofProcess
}
