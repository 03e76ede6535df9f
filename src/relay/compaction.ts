import { isEnvelope } from '../model/envelope.ts'
import { fault, ok, type Result, refuse } from '../model/fault.ts'
import { isRecord } from '../wire/json.ts'
import type { Envelopes } from './envelopes.ts'

/** Summaries made here are nobody's secret state: every upstream may read them. */
const maker = 'causeway'

export const sealSummary = (envelopes: Envelopes, summary: string, tenant: string): string =>
  envelopes.wrap(
    { maker, channel: '', carried: [{ on: 'thinking', part: { kind: 'thinking', form: 'summary', text: summary } }] },
    tenant,
  )

/** Puts our own compactions among Responses input items back as messages; vendors' compactions stay. */
export function openSummaries(
  envelopes: Envelopes,
  items: readonly unknown[],
  tenant: string,
): Result<readonly unknown[]> {
  const opened: unknown[] = []
  for (const [at, item] of items.entries()) {
    if (!isOurs(item)) {
      opened.push(item)
      continue
    }
    const carried = envelopes.open(item.encrypted_content, tenant)?.carried[0]
    if (carried?.on !== 'thinking')
      return refuse(fault('invalid', 'This compaction cannot be opened.', { param: `input[${at}].encrypted_content` }))
    const text = `Summary of the conversation so far:\n\n${carried.part.text}`
    opened.push({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
  }
  return ok(opened)
}

const isOurs = (item: unknown): item is { encrypted_content: string } =>
  isRecord(item) &&
  item.type === 'compaction' &&
  typeof item.encrypted_content === 'string' &&
  isEnvelope(item.encrypted_content)
