import type { Fault } from '../model/fault.ts'
import type { UnfinishedRow } from '../store/unfinished.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import type { Bill } from './bill.ts'
import type { Exchange } from './exchange.ts'
import { readTerms, writeTerms } from './late-terms.ts'
import { callOff, isUnfinished } from './responses-background.ts'
import { storeAway } from './store-away.ts'

type Response = Readonly<Record<string, unknown>>

/** The end of a request whose vendor may go on when it is over. */
export interface OpenEnd {
  readonly onResponse: NonNullable<Exchange['onResponse']>
  readonly onUnfinished: NonNullable<Exchange['onUnfinished']>
  /** Charges what was used, or leaves it to whoever sees the answer done. Never throws. */
  end(bill: Bill | undefined): Promise<void>
}

/** When somebody looks first: at what was told whole, and at a stream, whose end is seen as a rule. */
const firstLookMs = 5_000
const firstLookAtStreamMs = 120_000

/**
 * What will be charged later is written down before anybody hears of it, so that whoever asks for it finds it, whichever
 * process has died meanwhile.
 */
export function openEnd(
  { key, relay, requestId, sink }: Pick<Exchange, 'key' | 'relay' | 'requestId' | 'sink'>,
  keep: NonNullable<Exchange['onResponse']>,
  billOf: () => Bill | undefined,
): OpenEnd {
  const { unfinished } = relay.store
  let row: UnfinishedRow | undefined
  let begun: Promise<Fault | undefined> | undefined
  let isDone = false
  let kept: Promise<unknown> | undefined
  const trouble = (error: unknown): Fault => {
    relay.log.error({ err: error, requestId }, 'an unfinished response was not written down')
    return unkept
  }

  async function begin(response: Response, candidate: Parameters<OpenEnd['onUnfinished']>[1]) {
    const terms = billOf()?.terms(candidate)
    if (!terms || typeof response.id !== 'string') return unkept
    const lookAtMs = relay.clock() + (terms.isStream ? firstLookAtStreamMs : firstLookMs)
    row = { requestId, tenant: key.id, responseId: response.id, terms: writeTerms(terms), lookAtMs }
    await unfinished.put(row)
    await keep(response, candidate.channel.name)
    return undefined
  }

  /** Whose client has heard of it is left to whoever sees it done; any other is over. */
  async function handOver(bill: Bill | undefined): Promise<void> {
    const isKept = (await begun) === undefined
    if (row && isKept && !isDone && sink.hasHead) {
      const passed = bill?.leave() ?? 0
      const terms = readTerms(row.terms)
      const left = writeTerms({ ...terms, passed, isAttended: false })
      if (terms.isAttended) await unfinished.put({ ...row, terms: left, lookAtMs: relay.clock() })
      return
    }
    bill?.close()
    if (!row) return
    if (!isDone) callOff(relay, row).catch(trouble)
    await kept
    await unfinished.remove(requestId)
  }

  return {
    onResponse(response, channel) {
      isDone = true
      // The last writer wins.
      const last = begun ? begun.then(() => keep(response, channel)) : keep(response, channel)
      kept = last
      return last
    },
    onUnfinished(response, candidate) {
      // Where one candidate has failed, the next begins anew.
      begun = begin(response, candidate).catch(trouble)
      return begun
    },
    async end(bill) {
      await handOver(bill).catch(trouble)
    },
  }
}

const unkept: Fault = {
  ...storeAway('Responses cannot go on in the background at the moment. Nothing was charged.'),
  isOwn: true,
}

/** The response that a frame of a stream says to have begun. */
export function beginningOf(data: string): Response | undefined {
  const parsed = parseJson(Buffer.from(data))
  const response = parsed.ok && isRecord(parsed.value) ? parsed.value.response : undefined
  return isRecord(response) && isUnfinished(response) ? response : undefined
}
