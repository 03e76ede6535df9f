import { changed, type Loss } from '../loss.ts'
import type { Part, ToolResultPart } from '../part.ts'
import type { Turn } from '../request.ts'
import { identify } from './call-ids.ts'
import { match } from './match.ts'
import type { Passed } from './passed.ts'
import { type Step, steps } from './steps.ts'

/**
 * Makes every call answered right after the turn that made it, by results that stand first and in the order of the calls, as all
 * vendors demand. A call without a result gets one that says so, a result without a call becomes text; both are told as
 * changed (`messages[i]`, counted in `turns`). Ids become unique, Gemini CLI's `<name>__` before an id is taken off, and
 * results without an id find their call by name and order. Without anything to do, `turns` itself comes back.
 */
export function pairCalls(turns: readonly Turn[]): Passed {
  const ids = identify()
  const lost: Loss[] = []
  const passed = steps(turns).flatMap((step) => paired(step, ids(step), lost))
  const isSame = passed.length === turns.length && passed.every((turn, at) => turn === turns[at])
  return { turns: isSame ? turns : passed, lost }
}

function paired(step: Step, ids: readonly string[], lost: Loss[]): readonly Turn[] {
  const found = match(step, ids)
  const results = step.calls.map((call, at): ToolResultPart => {
    const id = ids[at] ?? call.part.id
    const result = found.get(at)
    if (result) return result.id === id ? result : { ...result, id }
    lost.push(changed(`messages[${call.turn}]`))
    return { kind: 'tool_result', id, tool: call.part.tool, parts: [missing], isError: true }
  })
  const used = new Set<Part>(found.values())
  return [...withIds(step, ids), ...answered(step, results, used, lost)]
}

const missing: Part = { kind: 'text', text: '[no result supplied by client]' }

/** The assistant's turns with the calls' new ids. */
function withIds(step: Step, ids: readonly string[]): readonly Turn[] {
  const renamed = new Map<Part, string>()
  for (const [at, { part }] of step.calls.entries()) {
    const id = ids[at]
    if (id !== undefined && id !== part.id) renamed.set(part, id)
  }
  if (renamed.size === 0) return step.said
  return step.said.map((turn) => {
    if (!turn.parts.some((part) => renamed.has(part))) return turn
    const parts = turn.parts.map((part) => {
      const id = renamed.get(part)
      return part.kind === 'tool_call' && id !== undefined ? { ...part, id } : part
    })
    return { ...turn, parts }
  })
}

/** What followed: all results in the first turn, before everything else; the other turns without them. */
function answered(
  step: Step,
  results: readonly ToolResultPart[],
  used: ReadonlySet<Part>,
  lost: Loss[],
): readonly Turn[] {
  const [first, ...others] = step.followed.map(({ turn, at }) => {
    const parts = turn.parts.filter((part) => !used.has(part)).flatMap((part) => worded(part, at, lost))
    return { turn, parts }
  })
  // A turn that held nothing but results is gone with them.
  const kept = others.filter(({ turn, parts }) => parts.length > 0 || turn.parts.length === 0)
  const after = kept.map(({ turn, parts }) => sameOr(turn, parts))
  if (first === undefined) return results.length === 0 ? [] : [{ role: 'user', parts: results }]
  if (results.length === 0) return [sameOr(first.turn, first.parts), ...after]
  if (first.turn.role === 'user') return [sameOr(first.turn, [...results, ...first.parts]), ...after]
  return [{ role: 'user', parts: results }, sameOr(first.turn, first.parts), ...after]
}

function worded(part: Part, turn: number, lost: Loss[]): Part[] {
  if (part.kind !== 'tool_result') return [part]
  lost.push(changed(`messages[${turn}]`))
  return orphan(part)
}

function sameOr(turn: Turn, parts: readonly Part[]): Turn {
  const isSame = parts.length === turn.parts.length && parts.every((part, at) => part === turn.parts[at])
  return isSame ? turn : { ...turn, parts }
}

/** Its pictures and files stay as they are, behind the words. */
function orphan(result: ToolResultPart): Part[] {
  const texts = result.parts.filter((part) => part.kind === 'text').map((part) => part.text)
  const others = result.parts.filter((part) => part.kind !== 'text')
  const label = [result.id, result.name].find((name) => name !== undefined && name !== '') ?? ''
  const text = `Result of an earlier tool call ${label}: ${texts.join('\n\n')}`
  return [{ kind: 'text', text, ...(result.cache && { cache: result.cache }) }, ...others]
}
