import { type Effort, efforts, type ThinkingControl } from '../../model/request.ts'
import { lookUp, oneOf, type Reading, recordOf, word } from './reading.ts'

type Body = Readonly<Record<string, unknown>>

/** Fields of the body that this reader uses up. */
export const thinkingFields = [
  'reasoning_effort',
  'reasoning',
  'thinking',
  'enable_thinking',
  'thinking_budget',
  'think',
  'include_reasoning',
  'thinking_config',
] as const

/**
 * How much the client wants the model to think. This format has one field for it, `reasoning_effort`; the servers that
 * speak it have invented six more, and clients send them anywhere.
 */
export function readThinking(body: Body, to: Reading): ThinkingControl {
  const found = sources.map((read) => read(body, to)).filter((control) => control !== undefined)
  // Earlier sources win: they say more exactly what is meant.
  const merged: Partial<ThinkingControl> = Object.assign({}, ...found.toReversed())
  const isOff = merged.mode === 'off' || (merged.mode === undefined && merged.effort === 'none')
  if (isOff) return { ...merged, mode: 'off', effort: 'none' }
  const isOn = merged.effort !== undefined || merged.budget !== undefined
  return { ...merged, mode: merged.mode ?? (isOn ? 'on' : 'default') }
}

type Source = (body: Body, to: Reading) => Partial<ThinkingControl> | undefined

const sources: readonly Source[] = [
  function effort(body, to) {
    return levelOf(to.text(body.reasoning_effort, 'reasoning_effort'), 'reasoning_effort', to)
  },
  /** `{effort, max_tokens, enabled, exclude}`, and the Responses API's `{effort, summary}`. */
  function reasoning(body, to) {
    const control = to.record(body.reasoning, 'reasoning')
    if (!control) return undefined
    const summary = oneOf(control.summary ?? control.generate_summary, ['auto', 'concise', 'detailed'])
    return {
      ...levelOf(to.text(control.effort, 'reasoning.effort'), 'reasoning.effort', to),
      ...budgetOf(to.whole(control.max_tokens, 'reasoning.max_tokens')),
      ...switchedBy(control.enabled),
      ...(control.exclude === true && { show: 'none' as const }),
      ...(summary && { show: 'summary' as const, summary }),
    }
  },
  /** `{type: enabled | disabled | auto | adaptive, budget_tokens}`. */
  function thinking(body, to) {
    if (typeof body.thinking === 'boolean') return switchedBy(body.thinking)
    const control = to.record(body.thinking, 'thinking')
    if (!control) return undefined
    const { type, budget_tokens, ...native } = control
    const mode = lookUp(thinkingModes, word(type) ?? '')
    return {
      ...(mode && { mode }),
      ...budgetOf(to.whole(budget_tokens, 'thinking.budget_tokens')),
      ...(Object.keys(native).length > 0 && { native }),
    }
  },
  function enableThinking(body, to) {
    const budget = budgetOf(to.whole(body.thinking_budget, 'thinking_budget'))
    const switched = switchedBy(to.flag(body.enable_thinking, 'enable_thinking'))
    return { ...budget, ...switched }
  },
  /** A boolean, or a level. */
  function think(body) {
    return typeof body.think === 'string' ? known(body.think) : switchedBy(body.think)
  },
  /** `chat_template_kwargs: {enable_thinking}`: stays among the native fields, where such a server finds the rest of it. */
  function template(body) {
    const kwargs = recordOf(body.chat_template_kwargs)
    return switchedBy(kwargs.enable_thinking ?? kwargs.thinking)
  },
  /** Google's `extra_body.google.thinking_config`. @see https://ai.google.dev/gemini-api/docs/openai#thinking */
  function thinkingConfig(body) {
    const config = recordOf(body.thinking_config ?? recordOf(body.google).thinking_config)
    const budget = config.thinking_budget ?? config.thinkingBudget
    const include = config.include_thoughts ?? config.includeThoughts
    const level = word(config.thinking_level ?? config.thinkingLevel)
    return {
      ...(typeof budget === 'number' && Number.isSafeInteger(budget) && budgetOf(budget)),
      ...(level !== undefined && known(level.toLowerCase())),
      ...(typeof include === 'boolean' && { show: include ? ('summary' as const) : ('none' as const) }),
    }
  },
  function includeReasoning(body) {
    return body.include_reasoning === false ? { show: 'none' } : undefined
  },
]

const thinkingModes: Readonly<Record<string, ThinkingControl['mode']>> = {
  enabled: 'on',
  adaptive: 'on',
  auto: 'default',
  disabled: 'off',
  between_tools: 'between_tools',
}

const switchedBy = (value: unknown): Partial<ThinkingControl> =>
  value === true ? { mode: 'on' } : value === false ? { mode: 'off' } : {}

/** 0 is off; -1 leaves it to the model. */
const budgetOf = (budget: number | undefined): Partial<ThinkingControl> =>
  budget === undefined ? {} : budget === 0 ? { mode: 'off' } : budget < 0 ? { budget: -1 } : { mode: 'on', budget }

const known = (level: string): { effort?: Effort } => {
  const effort = oneOf(level, efforts)
  return effort ? { effort } : {}
}

/** A level that nobody knows is left out and told; `default` means just that. */
function levelOf(level: string | undefined, path: string, to: Reading): { effort?: Effort } {
  if (level === undefined || level === 'default' || level === '') return {}
  const found = known(level.toLowerCase())
  if (!found.effort) to.lose(path)
  return found
}
