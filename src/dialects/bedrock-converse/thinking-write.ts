import { budgetFromEffort, nearestEffort, wantedEffort } from '../../model/effort.ts'
import { changed, dropped } from '../../model/loss.ts'
import type { ChatRequest, Effort } from '../../model/request.ts'
import { mustCall } from './tools-write.ts'
import type { Writing } from './writing.ts'

/** How thinking was asked for. */
export interface ThinkingWritten {
  /** For `additionalModelRequestFields`. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly isOn: boolean
  /** Tokens that the answer must have room for beside its text. */
  readonly budget?: number
}

const nothing: ThinkingWritten = { fields: {}, isOn: false }

export function writeThinking(request: ChatRequest, to: Writing): ThinkingWritten {
  const effort = wantedEffort(request.thinking)
  if (request.thinking.mode === 'default' && effort === undefined) return nothing
  return writers[to.traits.thinking](request, effort ?? 'medium', to)
}

type Writer = (request: ChatRequest, effort: Effort, to: Writing) => ThinkingWritten

const writers: Record<Writing['traits']['thinking'], Writer> = {
  none(_request, effort, to) {
    if (effort !== 'none') to.lost.push(dropped('thinking'))
    return nothing
  },
  reasoning_effort(_request, effort, to) {
    const level = nearest(effort, to)
    return level === undefined ? nothing : { fields: { reasoning_effort: level }, isOn: level !== 'none' }
  },
  reasoningConfig(_request, effort, to) {
    if (effort === 'none') return { fields: { reasoningConfig: { type: 'disabled' } }, isOn: false }
    const level = nearest(effort, to) ?? 'medium'
    return { fields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: level } }, isOn: true }
  },
  thinking(request, effort, to) {
    const forms = to.capabilities.thinkingForms
    if (forms.length === 0) {
      if (effort !== 'none') to.lost.push(dropped('thinking'))
      return nothing
    }
    if (effort === 'none') return switchedOff(to)
    if (mustCall(request) && forms.includes('enabled') && !forms.includes('adaptive')) {
      // A forced call and a thinking budget exclude each other.
      to.lost.push(changed('thinking'))
      return nothing
    }
    return forms.includes('adaptive') ? adaptive(request, effort, to) : budgeted(request, effort, to)
  },
}

function nearest(effort: Effort, to: Writing): Effort | undefined {
  const level = nearestEffort(effort, to.capabilities.efforts)
  if (level !== effort) to.lost.push(level === undefined ? dropped('thinking') : changed('thinking'))
  return level
}

function switchedOff(to: Writing): ThinkingWritten {
  if (to.capabilities.thinkingForms.includes('disabled'))
    return { fields: { thinking: { type: 'disabled' } }, isOn: false }
  to.lost.push(changed('thinking'))
  return { fields: { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }, isOn: true }
}

function adaptive({ thinking }: ChatRequest, effort: Effort, to: Writing): ThinkingWritten {
  const level = to.capabilities.efforts.length === 0 ? undefined : nearest(effort, to)
  const shows = to.capabilities.hidesThoughts && thinking.show !== 'none'
  return {
    fields: {
      thinking: { type: 'adaptive', ...(shows && { display: 'summarized' }) },
      ...(level !== undefined && { output_config: { effort: level } }),
    },
    isOn: true,
  }
}

const leastBudget = 1024

function budgeted({ thinking, maxOutput }: ChatRequest, effort: Effort, to: Writing): ThinkingWritten {
  const limits = to.capabilities.budget ?? { min: leastBudget, max: 63_999 }
  const most = to.capabilities.maxOutput ?? 64_000
  const asked = thinking.budget !== undefined && thinking.budget > 0 ? thinking.budget : undefined
  const wanted = asked ?? budgetFromEffort(effort, { maxOutput: most, min: limits.min, max: limits.max })
  const room = Math.min(limits.max, (maxOutput ?? most) - 1)
  if (room < leastBudget) {
    to.lost.push(changed('thinking'))
    return nothing
  }
  const budget = Math.max(leastBudget, Math.min(wanted, room))
  if (asked !== undefined && budget !== asked) to.lost.push(changed('thinking'))
  return { fields: { thinking: { type: 'enabled', budget_tokens: budget } }, isOn: true, budget }
}
