import { isRecord } from '../model/record.ts'
import { buckets as kinds, type Usage } from '../model/usage.ts'
import type { RequestRow } from '../store/requests.ts'
import { secondsOfAnswers } from './buckets.ts'
import { counter, type Family, histogram } from './series.ts'

/** Counts requests by the rows that are kept of them: what was asked of upstreams, what it used, what it cost. */
export interface RequestCounts {
  readonly families: readonly Family[]
  count(row: RequestRow): void
}

/** Names of models come from clients: the first so many that an upstream has answered for are told by name. */
const mostModels = 200

/** Of what a usage counts, what is no token. */
const notTokens: ReadonlySet<keyof Usage> = new Set([
  'images',
  'seconds',
  'characters',
  'searches',
  'fetches',
  'requests',
])
const tokenKinds = kinds.filter((kind) => !notTokens.has(kind))

const nanoOfUsd = 1e9

export function requestCounts(): RequestCounts {
  const requests = counter({
    name: 'causeway_requests_total',
    help: 'Requests to models that were let in, by the format of the client and how they ended',
    labels: ['format', 'outcome'],
  })
  const attempts = counter({
    name: 'causeway_upstream_attempts_total',
    help: 'Attempts at upstreams, by channel, how they ended, and the class of the fault',
    labels: ['channel', 'outcome', 'fault'],
  })
  const tokens = counter({
    name: 'causeway_tokens_total',
    help: 'Tokens, by model and kind',
    labels: ['model', 'kind'],
  })
  const charged = counter({
    name: 'causeway_charged_usd_total',
    help: 'What customers were charged, in USD',
    labels: ['model'],
  })
  const cost = counter({
    name: 'causeway_upstream_cost_usd_total',
    help: 'What upstreams charge by their list prices, in USD',
    labels: ['channel'],
  })
  const first = histogram(
    {
      name: 'causeway_first_content_seconds',
      help: 'From a request to the first content of its stream',
      labels: ['format'],
    },
    secondsOfAnswers,
  )
  const models = new Set<string>()

  function modelOf({ model, outcome }: RequestRow): string {
    if (models.has(model)) return model
    if (outcome !== 'answered' || models.size >= mostModels) return 'other'
    models.add(model)
    return model
  }

  return {
    families: [requests, attempts, tokens, charged, cost, first],
    count(row) {
      const { detail } = row
      const format = text(detail.format)
      const model = modelOf(row)
      requests.at(format, row.outcome).value++
      if (typeof detail.firstMs === 'number') first.at(format).observe(detail.firstMs / 1_000)
      for (const one of list(detail.attempts))
        attempts.at(text(one.channel), text(one.outcome), text(one.fault)).value++
      if (isRecord(detail.usage))
        for (const kind of tokenKinds) {
          const amount = detail.usage[kind]
          if (typeof amount === 'number' && amount > 0) tokens.at(model, kind).value += amount
        }
      if (row.charged > 0n) charged.at(model).value += Number(row.charged) / nanoOfUsd
      const nano = Number(detail.cost)
      if (nano > 0) cost.at(row.channel).value += nano / nanoOfUsd
    },
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const list = (value: unknown): readonly Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isRecord) : []
