import { asksCompaction } from '../dialects/openai-responses/compact.ts'
import type { ResponsesQuirks } from '../dialects/openai-responses/quirks.ts'
import { ok, type Result } from '../model/fault.ts'
import { textOf } from '../model/history.ts'
import type { Reply } from '../model/reply.ts'
import { modelMeant } from './admit.ts'
import type { Asked, Prologue } from './chat.ts'
import { sealSummary } from './compaction.ts'
import { madeHere } from './made-here.ts'
import { compactor, summaryOf } from './summary.ts'
import { targetOf } from './target.ts'

/**
 * A turn that ends in a `compaction_trigger` wants its conversation made shorter. Where the upstream knows the item the
 * turn goes there; elsewhere the model is asked for a summary, which comes back sealed as the one item of the answer.
 */
export function compactionTurn(asked: Asked, prologue: Prologue): Prologue {
  const whole = { ...asked, ...prologue }
  if (!asksCompaction(prologue.incoming.body) || isTheirs(whole)) return prologue
  return {
    ...prologue,
    answer: (sink, onResponse) => madeHere({ asked: whole, sink, onResponse }, () => compacted(whole)),
  }
}

function isTheirs(asked: Asked): boolean {
  const candidate = compactor(asked, modelMeant(asked.key, String(asked.incoming.body.model)))
  // The candidate's format is the Responses API, so its target has that format's quirks.
  const quirks = candidate && (targetOf(candidate).target.quirks as ResponsesQuirks)
  return quirks?.compacts === true
}

async function compacted(asked: Asked): Promise<Result<Reply>> {
  const summary = await summaryOf(asked)
  if (!summary.ok) return summary
  const text = textOf(summary.value.parts)
  const data = sealSummary(asked.relay.envelopes, text, asked.key.id)
  const seal = { dialect: 'openai-responses', kind: 'compaction', data } as const
  return ok({ parts: [{ kind: 'compaction', text, seal }], stop: { reason: 'end' }, usage: summary.value.usage })
}
