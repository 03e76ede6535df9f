import type { Capabilities } from '../../model/capability.ts'
import { budgetFromEffort, effortFromBudget, nearestEffort, wantedEffort } from '../../model/effort.ts'
import { changed, dropped, type Loss } from '../../model/loss.ts'
import { type ChatRequest, type Effort, efforts, type ThinkingControl } from '../../model/request.ts'
import { type Message, readFlag, readNumber, readWord } from './proto.ts'

/** Budget 0 is off, −1 leaves it to the model. Newer models take a level instead. */
export function readThinking(config: Message): ThinkingControl {
  const shown = readFlag(config.includeThoughts)
  return { ...readDegree(config), ...(shown !== undefined && { show: shown ? 'summary' : 'none' }) }
}

interface WrittenThinking {
  readonly config?: Readonly<Record<string, unknown>>
  readonly lost: readonly Loss[]
}

/** By budget or by level, whichever the model takes: both together are refused. */
export function writeThinking(request: ChatRequest, capabilities: Capabilities): WrittenThinking {
  const degree = writeDegree(request, capabilities)
  const shown = writeShown(request, capabilities)
  const config = { ...shown, ...degree.config }
  return { ...(Object.keys(config).length > 0 && { config }), lost: degree.lost }
}

function readDegree(config: Message): Pick<ThinkingControl, 'mode' | 'effort' | 'budget'> {
  const budget = readNumber(config.thinkingBudget)
  if (budget === 0) return { mode: 'off', effort: 'none' }
  if (budget !== undefined && budget > 0) return { mode: 'on', budget, effort: effortFromBudget(budget) }
  const word = readWord(config.thinkingLevel, 'thinking_level_')
  const effort = efforts.find((known) => known === word)
  if (effort !== undefined) return { mode: 'on', effort }
  return { mode: 'default', ...(budget !== undefined && { budget: -1 }) }
}

/** Gemini clients say it themselves; for others thoughts are asked for, because they expect what there is to see. */
function writeShown({ format, thinking }: ChatRequest, capabilities: Capabilities): WrittenThinking['config'] {
  const shown =
    thinking.show === undefined && format !== 'gemini' && thinking.mode !== 'off' ? true : thinking.show === 'summary'
  if (!capabilities.thinks || (!shown && thinking.show === undefined)) return {}
  return { includeThoughts: shown }
}

function writeDegree(request: ChatRequest, capabilities: Capabilities): WrittenThinking {
  const { thinking } = request
  const wanted = wantedEffort(thinking)
  if (capabilities.budget) return writeBudget(request, capabilities, capabilities.budget, wanted)
  if (wanted === undefined) return { lost: [] }
  if (capabilities.efforts.length === 0) return { lost: wanted === 'none' ? [] : [dropped('thinking')] }
  const level = nearestEffort(wanted, capabilities.efforts)
  if (level === undefined || level === 'none') return { lost: [changed('thinking')] }
  const isOffRefused = wanted === 'none'
  return {
    config: { thinkingLevel: level.toUpperCase() },
    lost: isOffRefused ? [changed('thinking')] : [],
  }
}

function writeBudget(
  request: ChatRequest,
  capabilities: Capabilities,
  limits: NonNullable<Capabilities['budget']>,
  wanted: Effort | undefined,
): WrittenThinking {
  const { thinking, maxOutput } = request
  if (wanted === 'none') {
    const isOffRefused = !limits.canBeOff
    return {
      config: { thinkingBudget: isOffRefused ? limits.min : 0 },
      lost: isOffRefused ? [changed('thinking')] : [],
    }
  }
  if (wanted === undefined)
    return { lost: [], ...((thinking.budget === -1 || thinking.mode === 'on') && { config: { thinkingBudget: -1 } }) }
  const asked = thinking.budget ?? tokensOf(wanted, capabilities, limits)
  // The limit of the output holds the thoughts, too.
  const most = Math.min(limits.max, maxOutput === undefined ? limits.max : maxOutput - 1)
  return { config: { thinkingBudget: Math.max(limits.min, Math.min(asked, most)) }, lost: [] }
}

/** The two highest levels mean all that the model has. */
function tokensOf(effort: Effort, capabilities: Capabilities, limits: NonNullable<Capabilities['budget']>): number {
  if (effort === 'xhigh' || effort === 'max') return limits.max
  return budgetFromEffort(effort, { ...limits, maxOutput: capabilities.maxOutput ?? usualOutput })
}

/** What models with a budget can write at most. */
const usualOutput = 65_536
