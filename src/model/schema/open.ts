import { isRecord } from '../record.ts'
import type { JsonSchema } from '../request.ts'
import { merged } from './all-of.ts'
import { described } from './sentence.ts'
import type { Walk } from './walk.ts'

/** A node whose own demands all stand in it, and the way on from it. */
export interface Opened {
  readonly node: JsonSchema
  readonly walk: Walk
}

type Opener = (node: JsonSchema, walk: Walk) => Opened

/** Writes out the node's reference and merges its `allOf`, as far as the target asks for it. */
export function open(node: JsonSchema, walk: Walk): Opened {
  const written = isInlined(walk) ? withoutRef(node, walk, open) : { node, walk }
  // A branch of `allOf` must be written out before it can be merged.
  return walk.rules.mergesAllOf ? withoutAllOf(written, openWhole) : written
}

/** Writes out both, whatever the target takes. */
export const openWhole: Opener = (node, walk) => withoutAllOf(withoutRef(node, walk, openWhole), openWhole)

/** Whether references are written out in this document. */
export const isInlined = ({ rules, references }: Walk): boolean =>
  rules.references === 'inline' || (rules.references === 'inline_cycles' && references.isCyclic)

/** What stands beside the reference counts more than what it points at. */
function withoutRef(node: JsonSchema, walk: Walk, next: Opener): Opened {
  const { $ref: ref, ...beside } = node
  if (typeof ref !== 'string') return { node, walk }
  const target = walk.references.find(ref)
  if (target === undefined || walk.refs.includes(ref) || walk.budget.nodes-- <= 0) return cut(beside, ref, target, walk)
  const opened = next(target, { ...walk, refs: [...walk.refs, ref] })
  return { node: { ...opened.node, ...beside }, walk: opened.walk }
}

/** Where a schema would go on for ever, its kind is all that is said. */
function cut(beside: JsonSchema, ref: string, target: JsonSchema | undefined, walk: Walk): Opened {
  walk.lost.add('$ref')
  const name = ref.split('/').at(-1) ?? ''
  const kind = target?.type === undefined ? {} : { type: target.type }
  const words = target === undefined ? [] : [`The same shape as ${name === '#' ? 'the whole' : name}, again.`]
  return { node: described({ ...kind, ...beside }, words), walk }
}

/** Two branches may point at one schema, but what is within the whole is within all that any of them pointed at. */
function withoutAllOf({ node, walk }: Opened, next: Opener): Opened {
  if (!Array.isArray(node.allOf)) return { node, walk }
  const { allOf, ...rest } = node
  const branches = (Array.isArray(allOf) ? allOf : []).filter(isRecord).map((branch) => next(branch, walk))
  const refs = new Set([walk, ...branches.map((branch) => branch.walk)].flatMap((way) => way.refs))
  const whole = branches.reduce<JsonSchema>(
    (joined, branch) => merged(joined, branch.node, (keyword) => walk.lost.add(keyword)),
    rest,
  )
  return { node: whole, walk: { ...walk, refs: [...refs] } }
}
