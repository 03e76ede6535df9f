import { anyModel, type Capabilities } from '../model/capability.ts'
import { efforts } from '../model/request.ts'
import { claudeRows } from './models/claude.ts'
import { geminiRows } from './models/gemini.ts'
import { gptRows } from './models/gpt.ts'
import { plainName } from './models/name.ts'
import { otherRows } from './models/others.ts'
import type { ModelRow } from './models/row.ts'

export { isClaude, isGemini } from './models/name.ts'

/** The built-in models take whatever any format can say, so that every path can be tried on them. */
const sandboxModel: Capabilities = {
  ...anyModel,
  thinks: true,
  efforts,
  thinkingForms: ['enabled', 'adaptive', 'disabled', 'between_tools'],
  budget: { min: 0, max: 32_000, canBeOff: true },
  systemTurns: true,
  signsCalls: true,
}

const rows: readonly ModelRow[] = [...claudeRows, ...gptRows, ...geminiRows, ...otherRows, ['sandbox-', sandboxModel]]

/** Longest first, so that the first that fits is the nearest. */
const byLength = [...rows].sort(([left], [right]) => right.length - left.length)

const known = new Map<string, Capabilities>()
const mostKnown = 1000

/** What a model can do, by the beginning of its name, whatever host names it; `anyModel` when no table knows it. */
export function capabilitiesOf(model: string): Capabilities {
  const found = known.get(model)
  if (found) return found
  const name = plainName(model)
  const capabilities = byLength.find(([prefix]) => begins(name, prefix))?.[1] ?? anyModel
  // Names come from clients: the memory of them is bounded.
  if (known.size >= mostKnown) known.clear()
  known.set(model, capabilities)
  return capabilities
}

/** `gpt-5` begins `gpt-5-mini` and `gpt-5.1`, but not `gpt-50`. */
const begins = (name: string, prefix: string): boolean =>
  name.startsWith(prefix) && !(/\d$/.test(prefix) && /^\d/.test(name.slice(prefix.length)))
