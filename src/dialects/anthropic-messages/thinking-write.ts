import type { Capabilities } from '../../model/capability.ts'
import { budgetFromEffort, nearestEffort, wantedEffort } from '../../model/effort.ts'
import type { ChatRequest, Effort, ThinkingControl, Turn } from '../../model/request.ts'
import type { Concessions } from '../concessions.ts'
import type { WireThinking } from './shapes.ts'

/** What is known when the form of thinking is chosen. */
export interface ThinkingAsk {
  readonly control: ThinkingControl
  readonly capabilities: Capabilities
  /** The client speaks this format too. */
  readonly isOwn: boolean
  /** Tokens, thinking included. */
  readonly maxTokens: number
  /** A call is forced, which manual thinking does not go with. */
  readonly isForced: boolean
  /** The history as it will be sent. */
  readonly turns: readonly Turn[]
}

export interface WrittenThinking {
  readonly thinking?: WireThinking
  readonly effort?: Effort
}

/** Fewest tokens of manual thinking. */
const leastBudget = 1024

/** How the model is told to think: the form that it knows and that comes closest to what the client wants. */
export function writeThinking(ask: ThinkingAsk, given: Concessions): WrittenThinking {
  const effort = writeEffort(ask, given)
  const thinking = modes[ask.control.mode](ask, given)
  return { ...(thinking && { thinking: shown(thinking, ask) }), ...(effort && { effort }) }
}

type Form = Capabilities['thinkingForms'][number]
const takes = ({ capabilities }: ThinkingAsk, form: Form): boolean => capabilities.thinkingForms.includes(form)

type Mode = (ask: ThinkingAsk, given: Concessions) => WireThinking | undefined

const modes: Record<ThinkingControl['mode'], Mode> = {
  // Where thoughts are hidden by default and cannot be off, other formats' clients still expect to see them.
  default: (ask) =>
    !ask.isOwn && ask.capabilities.thinks && ask.capabilities.hidesThoughts && !takes(ask, 'disabled')
      ? takes(ask, 'adaptive')
        ? { type: 'adaptive' }
        : undefined
      : undefined,
  off(ask, given) {
    if (takes(ask, 'disabled')) return ask.isOwn || ask.capabilities.thinks ? { type: 'disabled' } : undefined
    if (ask.capabilities.thinkingForms.length === 0) return undefined
    given.change('thinking')
    return takes(ask, 'between_tools') ? { type: 'between_tools' } : undefined
  },
  on: think,
  between_tools(ask, given) {
    if (takes(ask, 'between_tools')) return { type: 'between_tools' }
    given.change('thinking')
    return think(ask, given)
  },
}

function think(ask: ThinkingAsk, given: Concessions): WireThinking | undefined {
  const wantsBudget = ask.control.budget !== undefined && ask.control.budget > 0
  if (takes(ask, 'enabled') && (wantsBudget || !takes(ask, 'adaptive'))) return manual(ask, given)
  if (takes(ask, 'adaptive')) return { type: 'adaptive' }
  if (takes(ask, 'between_tools')) return { type: 'between_tools' }
  if (!ask.capabilities.thinks) given.drop('thinking')
  return undefined
}

/** Thinking by a number of tokens, below the output limit. Off where the vendor would refuse it. */
function manual(ask: ThinkingAsk, given: Concessions): WireThinking | undefined {
  const budget =
    ask.maxTokens > leastBudget && !ask.isForced && !lacksThoughts(ask.turns) ? writeBudget(ask) : undefined
  if (budget === undefined) given.change('thinking')
  return budget === undefined ? undefined : { type: 'enabled', budget_tokens: budget }
}

function writeBudget({ control, capabilities, maxTokens }: ThinkingAsk): number {
  const { min, max } = capabilities.budget ?? { min: leastBudget, max: Number.MAX_SAFE_INTEGER }
  const wanted = control.budget !== undefined && control.budget > 0 ? control.budget : undefined
  if (wanted !== undefined) return Math.min(Math.max(wanted, min, leastBudget), max, maxTokens - 1)
  const effort = wantedEffort(control) ?? 'medium'
  const budget = budgetFromEffort(effort, { maxOutput: capabilities.maxOutput ?? maxTokens, min, max })
  // Something must remain for the answer itself.
  const most = Math.max(leastBudget, Math.floor(maxTokens * 0.8))
  return Math.max(leastBudget, Math.min(budget, most))
}

/** The last answer called tools without a thought before it: manual thinking would be refused in the middle of that loop. */
function lacksThoughts(turns: readonly Turn[]): boolean {
  const last = turns.findLast((turn) => turn.role === 'assistant')
  return (
    last?.parts.some((part) => part.kind === 'tool_call') === true &&
    !last.parts.some((part) => part.kind === 'thinking')
  )
}

function writeEffort({ control, capabilities, isOwn }: ThinkingAsk, given: Concessions): Effort | undefined {
  const wanted = isOwn && control.mode === 'off' ? control.effort : wantedEffort(control)
  if (wanted === undefined) return undefined
  const canBeOff = capabilities.thinkingForms.includes('disabled') || capabilities.thinkingForms.length === 0
  if (wanted === 'none') return canBeOff ? undefined : nearestEffort('low', capabilities.efforts)
  // A number of tokens is sent as it is where the model takes one.
  if (control.effort === undefined && capabilities.thinkingForms.includes('enabled')) return undefined
  const known = capabilities.efforts.filter((level) => level !== 'none' && level !== 'minimal')
  const written = nearestEffort(wanted, known)
  if (written !== undefined && written !== wanted && wanted !== 'minimal') given.change('effort')
  return written
}

/** Whether thoughts are told. What the client said in this format's own words travels on. */
function shown(thinking: WireThinking, { control, capabilities, isOwn }: ThinkingAsk): WireThinking {
  if (thinking.type !== 'enabled' && thinking.type !== 'adaptive') return thinking
  if (isOwn) return { ...thinking, ...ownDisplay(control) }
  return capabilities.hidesThoughts && control.show !== 'none' ? { ...thinking, display: 'summarized' } : thinking
}

const ownDisplay = ({ show, native }: ChatRequest['thinking']) => ({
  ...(show && { display: show === 'none' ? 'omitted' : 'summarized' }),
  ...native,
})
