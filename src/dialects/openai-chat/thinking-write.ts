import { budgetFromEffort, nearestEffort, wantedEffort } from '../../model/effort.ts'
import type { Effort } from '../../model/request.ts'
import type { Writing } from './writing.ts'

/** How much the model shall think, in this server's words. */
export interface WrittenThinking {
  readonly fields: Readonly<Record<string, unknown>>
  /** Thinking is surely off: sampling is then free where it is not otherwise. */
  readonly isOff: boolean
}

const silent: WrittenThinking = { fields: {}, isOff: false }

export function writeThinking(writing: Writing): WrittenThinking {
  const { request, quirks, target } = writing
  const control = request.thinking
  const wanted = wantedEffort(control)
  if (target.capabilities.toolsNeedResponses && request.tools.length > 0) return withoutThinking(writing)
  const saysNothing = control.mode === 'default' && wanted === undefined && control.budget === undefined
  if (saysNothing && control.show !== 'none' && !control.native) return silent
  const { thinks, efforts } = target.capabilities
  if (!thinks && efforts.length === 0 && quirks.thinking.kind !== 'none') return unheard(writing, wanted)
  return switches[quirks.thinking.kind](writing, wanted)
}

type Write = (writing: Writing, wanted: Effort | undefined) => WrittenThinking

/** A model that does not think need not be told not to. */
function unheard(writing: Writing, wanted: Effort | undefined): WrittenThinking {
  if (wanted !== 'none' && writing.request.thinking.mode !== 'default') writing.drop(fieldOf(writing))
  return { fields: {}, isOff: true }
}

/** Such models call functions here only while they do not think. */
function withoutThinking(writing: Writing): WrittenThinking {
  if (!writing.target.capabilities.efforts.includes('none')) {
    writing.refuse('function tools in Chat Completions', 'tools')
    return silent
  }
  if (wantedEffort(writing.request.thinking) !== 'none') writing.change(fieldOf(writing))
  return { fields: { reasoning_effort: 'none' }, isOff: true }
}

const switches: Readonly<Record<Writing['quirks']['thinking']['kind'], Write>> = {
  reasoning_effort(writing, wanted) {
    const level = levelOf(writing, wanted)
    return { fields: level === undefined ? {} : { reasoning_effort: level }, isOff: level === 'none' }
  },

  thinking(writing, wanted) {
    const { quirks, request } = writing
    if (quirks.thinking.kind !== 'thinking') return silent
    const { mode, native } = request.thinking
    const isOff = mode === 'off'
    const own = request.format === 'openai-chat' ? native : undefined
    if (mode === 'default' && wanted === undefined) return own ? { fields: { thinking: own }, isOff: false } : silent
    const budget = quirks.thinking.budgets && !isOff ? budgetOf(writing, wanted) : undefined
    const thinking = {
      // Fields that only this switch has, from a client of this format.
      ...own,
      type: isOff ? 'disabled' : (quirks.thinking.on ?? 'enabled'),
      ...(budget !== undefined && { budget_tokens: budget }),
    }
    return { fields: { thinking, ...levelField(writing, { wanted, field: quirks.thinking.effortField }) }, isOff }
  },

  enable_thinking(writing, wanted) {
    const { quirks, request } = writing
    if (quirks.thinking.kind !== 'enable_thinking') return silent
    const { mode } = request.thinking
    const isOff = mode === 'off'
    if (mode === 'default' && wanted === undefined) return silent
    const { budgetField, effortField } = quirks.thinking
    const budget = budgetField !== undefined && !isOff ? budgetOf(writing, wanted) : undefined
    return {
      fields: {
        enable_thinking: !isOff,
        ...(budgetField !== undefined && budget !== undefined && { [budgetField]: budget }),
        ...levelField(writing, { wanted, field: effortField }),
      },
      isOff,
    }
  },

  reasoning(writing, wanted) {
    const { quirks, request } = writing
    const { mode, show, budget } = request.thinking
    if (mode === 'off') return { fields: { reasoning: { effort: 'none' } }, isOff: true }
    const takesBudget = quirks.thinking.kind === 'reasoning' && quirks.thinking.budgets
    const level = wanted === undefined ? undefined : levelOf(writing, wanted)
    const reasoning = {
      ...(takesBudget && budget !== undefined && budget > 0
        ? { max_tokens: budget }
        : level !== undefined
          ? { effort: level }
          : mode !== 'default' && { enabled: true }),
      ...(show === 'none' && { exclude: true }),
    }
    return { fields: Object.keys(reasoning).length > 0 ? { reasoning } : {}, isOff: false }
  },

  chat_template(writing, wanted) {
    const { quirks, request } = writing
    if (quirks.thinking.kind !== 'chat_template') return silent
    const { mode } = request.thinking
    const isOff = mode === 'off'
    if (mode === 'default' && wanted === undefined) return silent
    const kwargs = request.format === 'openai-chat' ? request.native.chat_template_kwargs : undefined
    const said = typeof kwargs === 'object' && kwargs !== null ? kwargs : {}
    const field = levelField(writing, { wanted, field: quirks.thinking.effortField })
    return { fields: { chat_template_kwargs: { ...said, [quirks.thinking.field]: !isOff }, ...field }, isOff }
  },

  think({ request }, wanted) {
    const { mode } = request.thinking
    if (mode === 'off') return { fields: { think: false }, isOff: true }
    if (mode === 'default' && wanted === undefined) return silent
    const level = wanted === undefined ? undefined : nearestEffort(wanted, ['low', 'medium', 'high'])
    return { fields: { think: level ?? true }, isOff: false }
  },

  none(writing) {
    if (writing.request.thinking.mode !== 'default') writing.drop(fieldOf(writing))
    return silent
  },
}

/** The nearest level that server and model both know. "None" that cannot be had becomes the lowest, and is told. */
function levelOf(writing: Writing, wanted: Effort | undefined): Effort | undefined {
  if (wanted === undefined) return undefined
  const { quirks, target } = writing
  const { thinks, efforts } = target.capabilities
  const accepted = quirks.efforts
    ? quirks.efforts.filter((level) => efforts.includes(level) || level === 'none')
    : efforts
  if (wanted === 'none' && !thinks && !accepted.includes('none')) return undefined
  const level = nearestEffort(wanted, accepted.length > 0 ? accepted : (quirks.efforts ?? []))
  if (level === undefined) writing.drop(fieldOf(writing))
  else if (level !== wanted) writing.change(fieldOf(writing))
  return level
}

interface LevelField {
  readonly wanted: Effort | undefined
  readonly field: string | undefined
}

/** A level beside the switch, where the server has a field for it. */
function levelField(writing: Writing, { wanted, field }: LevelField): Record<string, unknown> {
  if (field === undefined || wanted === undefined || wanted === 'none') return {}
  const level = levelOf(writing, wanted)
  return level === undefined ? {} : { [field]: level }
}

/** The client's own number where it said one, else what its level stands for; below the limit of the whole output. */
function budgetOf({ request, target }: Writing, wanted: Effort | undefined): number | undefined {
  const { budget: said } = request.thinking
  const { budget, maxOutput } = target.capabilities
  const most = Math.min(budget?.max ?? Number.POSITIVE_INFINITY, (request.maxOutput ?? Number.POSITIVE_INFINITY) - 1)
  if (said !== undefined && said > 0) return Math.min(said, most)
  if (wanted === undefined || wanted === 'none' || !budget) return undefined
  return Math.min(budgetFromEffort(wanted, { maxOutput: maxOutput ?? 32_000, min: budget.min, max: budget.max }), most)
}

/** The client's own name of the control. */
const fieldOf = ({ request }: Writing): string => fields[request.format] ?? 'reasoning_effort'

const fields: Partial<Record<Writing['request']['format'], string>> = {
  'anthropic-messages': 'thinking',
  'openai-responses': 'reasoning',
  gemini: 'thinkingConfig',
}
