import type { FastifyInstance } from 'fastify'
import { secondsOfAnswers } from './buckets.ts'
import { counter, type Family, type Histogram, histogram, type Spread } from './series.ts'

/** Counts everything that is asked over HTTP, whoever answers it. */
export interface HttpCounts {
  readonly families: readonly Family[]
  /** Before any route is there: routes that are there already are not counted. */
  install(server: FastifyInstance): void
}

const named: Readonly<Record<string, string>> = {
  '/v1/messages': 'anthropic-messages',
  '/v1/chat/completions': 'openai-chat',
  '/v1/completions': 'openai-completions',
  '/v1/responses': 'openai-responses',
  '/v1beta/*': 'gemini',
  '/v1alpha/*': 'gemini',
  '/v1beta1/*': 'gemini',
  '/v1/*': 'gemini',
}

/** What a route is called, from its pattern; there are as many patterns as routes. */
const nameOf = (pattern: string | undefined): string => {
  if (pattern === undefined) return 'none'
  return named[pattern] ?? (pattern.startsWith('/api/') ? 'management' : 'other')
}

interface Route {
  readonly name: string
  readonly durations: Spread
}

export function httpCounts(): HttpCounts {
  const requests = counter({
    name: 'causeway_http_requests_total',
    help: 'Requests by route, class of the status, and whether the answer went out whole',
    labels: ['route', 'status', 'ending'],
  })
  const durations = histogram(
    {
      name: 'causeway_http_request_duration_seconds',
      help: 'From the head of a request to the end of its answer',
      labels: ['route'],
    },
    secondsOfAnswers,
  )
  const routes = new Map<string | undefined, Route>()
  return {
    families: [requests, durations],
    install(server) {
      server.addHook('onRequest', (request, reply, done) => {
        const route = routeOf(routes, durations, request.routeOptions.url)
        const startedAtMs = performance.now()
        const { raw } = reply
        // Comes last, and always: for clients that left too.
        raw.on('close', () => {
          route.durations.observe((performance.now() - startedAtMs) / 1_000)
          const status = raw.headersSent ? (classes[Math.floor(raw.statusCode / 100)] ?? 'none') : 'none'
          requests.at(route.name, status, raw.writableFinished ? 'whole' : 'cut').value++
        })
        done()
      })
    },
  }
}

const classes: readonly string[] = ['none', '1xx', '2xx', '3xx', '4xx', '5xx']

function routeOf(routes: Map<string | undefined, Route>, durations: Histogram, pattern: string | undefined): Route {
  const known = routes.get(pattern)
  if (known) return known
  const name = nameOf(pattern)
  const route = { name, durations: durations.at(name) }
  routes.set(pattern, route)
  return route
}
