import type { UnfinishedRow } from '../store/unfinished.ts'
import { readTerms } from './late-terms.ts'
import type { Relay } from './relay.ts'
import { cancel, conclude, isUnfinished, look } from './responses-background.ts'

/** Asks for what nobody asks for, so that it is charged all the same. */
export interface UnfinishedWatch {
  stop(): void
  /** When the last look is over. */
  close(): Promise<void>
}

const everyMs = 1_000
const mostAtOnce = 16
/** What takes so long will never be done: it is called off, and what was held for it is free. */
export const longestMs = 24 * 3_600_000

/** Every answer is looked at less often the longer it takes: after 5 seconds first, every 5 minutes at last. */
const paceAt = (ageMs: number): number => Math.min(5 * 60_000, Math.max(5_000, ageMs / 4))

export function watchUnfinished(relay: Relay): UnfinishedWatch {
  const { clock, log, store } = relay
  const trouble = (error: unknown): void => log.error({ err: error }, 'an unfinished response was not looked at')

  async function lookAt(row: UnfinishedRow): Promise<void> {
    const ageMs = clock() - readTerms(row.terms).startedAtMs
    if (!(await store.unfinished.take(row, Math.ceil(clock() + paceAt(ageMs))))) return
    const isLate = ageMs > longestMs
    const response = await look(relay, row, isLate ? cancel : undefined)
    if (isLate && (!response || isUnfinished(response))) await giveUp(relay, row)
  }

  let round = Promise.resolve()
  let isRunning = false
  const timer = setInterval(() => {
    if (isRunning) return
    isRunning = true
    round = store.unfinished
      .due(clock(), mostAtOnce)
      .then((rows) => Promise.all(rows.map((row) => lookAt(row).catch(trouble))))
      .then(() => undefined, trouble)
      .finally(() => {
        isRunning = false
      })
  }, everyMs)
  timer.unref()
  return {
    stop: () => clearInterval(timer),
    close: () => round,
  }
}

/** Nobody can get it any more, and nobody pays for it. */
async function giveUp(relay: Relay, row: UnfinishedRow): Promise<void> {
  const stored = await relay.store.responses.find(row.tenant, row.responseId)
  const shown = { ...stored?.response, status: 'failed', error: { code: 'server_error', message: 'It took too long.' } }
  await conclude(relay, row, { charged: undefined, shown, stored })
}
