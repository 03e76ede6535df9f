import { isRecord } from '../record.ts'
import type { JsonSchema } from '../request.ts'
import { geminiForm, nullability } from './gemini-write.ts'
import { isInlined, open } from './open.ts'
import { described, sentenceFor } from './sentence.ts'
import { mapSubschemas, subschemas } from './subschemas.ts'
import type { Walk } from './walk.ts'

/** A node and all below it in the target's words. The node itself comes back when nothing had to change. */
export function cleanNode(schema: JsonSchema, walk: Walk): JsonSchema {
  if (walk.refs.length > 0) walk.budget.nodes--
  const opened = open(schema, walk)
  const steps = [withoutDefinitions, asAnyOf, asEnum, flagged, asPrefixItems, closed, withItems, bareRef, inWords]
  const own = steps.reduce((node, step) => step(node, walk), opened.node)
  const beside = new Set<unknown>(opened.walk === walk ? [] : subschemas(schema))
  const whole = mapSubschemas(own, (child, keyword) =>
    // What stood beside a reference is not within what it points at, so it may use the same reference again.
    cleanChild(child, keyword, beside.has(child) ? walk : opened.walk),
  )
  return walk.rules.geminiForm ? geminiForm(whole, walk) : whole
}

function cleanChild(child: unknown, keyword: string, walk: Walk): unknown {
  if (isRecord(child)) return cleanNode(child, walk)
  if (!walk.rules.noBooleans || keyword === 'additionalProperties') return child
  return child === false ? cleanNode({ not: {} }, walk) : {}
}

type Step = (node: JsonSchema, walk: Walk) => JsonSchema

/** Nothing points at them once references are written out. */
const withoutDefinitions: Step = (node, walk) => {
  if (!isInlined(walk) || (node.$defs === undefined && node.definitions === undefined)) return node
  const { $defs: _defs, definitions: _definitions, ...rest } = node
  return rest
}

/** The key goes where the old one stood. */
const renamed = (node: JsonSchema, from: string, to: string, change: (value: unknown) => unknown): JsonSchema =>
  Object.fromEntries(Object.entries(node).map(([key, value]) => (key === from ? [to, change(value)] : [key, value])))

const asAnyOf: Step = (node, { rules }) =>
  rules.oneOfAsAnyOf && Array.isArray(node.oneOf) && node.anyOf === undefined
    ? renamed(node, 'oneOf', 'anyOf', (value) => value)
    : node

const asEnum: Step = (node, { rules }) =>
  rules.constAsEnum && Object.hasOwn(node, 'const') && node.enum === undefined
    ? renamed(node, 'const', 'enum', (value) => [value])
    : node

const flagged: Step = (node, { rules }) => (rules.geminiForm ? nullability(node) : node)

/** Before draft 2020-12, a list of `items` meant what `prefixItems` means now. */
const asPrefixItems: Step = (node, { rules }) =>
  rules.noBooleans && Array.isArray(node.items) ? renamed(node, 'items', 'prefixItems', (value) => value) : node

const isObject = (node: JsonSchema): boolean =>
  node.type === 'object' || (Array.isArray(node.type) && node.type.includes('object')) || isRecord(node.properties)

/** What is left open becomes closed; that is a loss when the client said that it is open, or listed no property. */
function closed(node: JsonSchema, walk: Walk): JsonSchema {
  const { rules, lost } = walk
  const other = node.additionalProperties
  if (!rules.closesObjects || other === false || !isObject(node)) return node
  const isMap = other !== undefined || !isRecord(node.properties)
  if (isMap) lost.add('additionalProperties')
  const words = isRecord(other) ? sentenceFor('additionalProperties', node) : undefined
  return described({ ...node, additionalProperties: false }, words === undefined ? [] : [words])
}

/** An array of anything: of strings, where a schema cannot be empty. A tuple's items are any of its own. */
const withItems: Step = (node, { rules }) => {
  const isArray = node.type === 'array' || (Array.isArray(node.type) && node.type.includes('array'))
  if (!rules.arraysNeedItems || !isArray || node.items !== undefined) return node
  const tuple = Array.isArray(node.prefixItems) ? node.prefixItems.filter(isRecord) : []
  if (tuple.length > 0) return { ...node, items: tuple.length === 1 ? tuple[0] : { anyOf: tuple } }
  return { ...node, items: rules.geminiForm ? { type: 'string' } : {} }
}

const mute = new Set(['title', 'description', '$comment', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly'])

const bareRef: Step = (node, { rules, lost }) => {
  if (!rules.aloneRef || typeof node.$ref !== 'string' || Object.keys(node).length === 1) return node
  const root = Object.fromEntries(Object.entries(node).filter(([key]) => key === '$defs' || key === 'definitions'))
  for (const key of Object.keys(node)) if (key !== '$ref' && !(key in root) && !mute.has(key)) lost.add(key)
  return { $ref: node.$ref, ...root }
}

/** Keywords that the target refuses or passes over are said in the description, or left out where they demand nothing. */
const inWords: Step = (node, { rules, lost }) => {
  const refused = Object.keys(node).filter((keyword) => !isKept(keyword, node, rules))
  if (refused.length === 0) return node
  const words = refused.map((keyword) => saidOf(keyword, node))
  for (const [at, keyword] of refused.entries()) if (words[at] !== undefined) lost.add(keyword)
  const kept = Object.fromEntries(Object.entries(node).filter(([keyword]) => !refused.includes(keyword)))
  return described(
    kept,
    words.filter((sentence) => sentence !== undefined),
  )
}

/** That an object is open or closed needs no words, what else it may hold does. */
const saidOf = (keyword: string, node: JsonSchema): string | undefined =>
  keyword === 'additionalProperties' && !isRecord(node[keyword]) ? undefined : sentenceFor(keyword, node)

function isKept(keyword: string, node: JsonSchema, rules: Walk['rules']): boolean {
  if (rules.keeps && !rules.keeps.has(keyword)) return false
  if (keyword === 'format' && rules.formats) return typeof node.format === 'string' && rules.formats.has(node.format)
  return rules.allows?.(keyword, node[keyword]) ?? true
}
