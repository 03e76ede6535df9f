import { fault, ok, type Result, refuse } from '../model/fault.ts'

export interface Period {
  readonly fromMs: number
  readonly toMs: number
}

/**
 * `start_date` and `end_date` of a query, the end's day included: `2026-11-21`, seconds or milliseconds since 1970.
 * Without a start everything before the end counts, without an end everything since.
 */
export function periodOf(query: URLSearchParams, nowMs: number): Result<Period> {
  const from = moment(query, 'start_date', 0)
  if (!from.ok) return from
  const to = moment(query, 'end_date', nowMs)
  if (!to.ok) return to
  return from.value > to.value
    ? refuse(fault('invalid', 'end_date: lies before start_date', { param: 'end_date' }))
    : ok({ fromMs: from.value, toMs: to.value })
}

/** Whether it says any. */
export const namesDays = (query: URLSearchParams): boolean =>
  ['start_date', 'end_date'].some((name) => query.get(name)?.trim())

function moment(query: URLSearchParams, name: string, absent: number): Result<number> {
  const text = query.get(name)?.trim()
  if (!text) return ok(absent)
  const found = dateMs(text) ?? stampMs(text)
  return found === undefined
    ? refuse(fault('invalid', `${name}: expected YYYY-MM-DD, or seconds or milliseconds since 1970`, { param: name }))
    : ok(found)
}

function dateMs(text: string): number | undefined {
  const [, year, month = '', day = ''] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? []
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const ms = year === undefined ? Number.NaN : Date.parse(iso)
  // The 30th of February is taken for a day in March otherwise.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== iso ? undefined : ms
}

/** Eleven digits of seconds reach the year 5138; of milliseconds, they end in 1973. */
const stampMs = (text: string): number | undefined =>
  /^\d{1,14}$/.test(text) ? Number(text) * (text.length <= 11 ? 1000 : 1) : undefined
