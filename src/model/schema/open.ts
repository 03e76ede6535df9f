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

/** Writes out the node's reference, where the target asks for it, and merges its `allOf`. */
export function open(node: JsonSchema, walk: Walk): Opened {
  const written = isInlined(walk) && typeof node.$ref === 'string' ? inlined(node, node.$ref, walk) : { node, walk }
  return walk.rules.mergesAllOf && Array.isArray(written.node.allOf) ? withoutAllOf(written) : written
}

/** Whether references are written out in this document. */
export const isInlined = ({ rules, references }: Walk): boolean =>
  rules.references === 'inline' || (rules.references === 'inline_cycles' && references.isCyclic)

/** What stands beside the reference counts more than what it points at. */
export function inlined(node: JsonSchema, ref: string, walk: Walk): Opened {
  const { $ref: _ref, ...beside } = node
  const target = walk.references.find(ref)
  if (target === undefined || walk.refs.includes(ref) || walk.budget.nodes <= 0) return cut(beside, ref, target, walk)
  const opened = open(target, { ...walk, refs: [...walk.refs, ref] })
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

function withoutAllOf({ node, walk }: Opened): Opened {
  const { allOf, ...rest } = node
  let whole: Opened = { node: rest, walk }
  for (const branch of Array.isArray(allOf) ? allOf : []) {
    if (!isRecord(branch)) continue
    const opened = typeof branch.$ref === 'string' ? inlined(branch, branch.$ref, whole.walk) : open(branch, whole.walk)
    const node = merged(whole.node, opened.node, (keyword) => walk.lost.add(keyword))
    whole = { node, walk: opened.walk }
  }
  return whole
}
