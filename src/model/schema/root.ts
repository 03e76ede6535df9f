import { isRecord } from '../record.ts'
import type { JsonSchema } from '../request.ts'
import { openWhole } from './open.ts'
import { described, sentenceFor } from './sentence.ts'
import type { Walk } from './walk.ts'

/**
 * The root as a plain object: vendors refuse a reference or a choice there. The branches of a choice become one object with
 * the properties of all, of which only those that every branch requires are required; the choice itself is told in words.
 */
export function flatRoot(root: JsonSchema, walk: Walk): JsonSchema {
  const isPlain = root.$ref === undefined && root.allOf === undefined
  const plain = isPlain ? root : openWhole(root, walk).node
  return typed(withoutChoice(withoutChoice(plain, 'anyOf', walk), 'oneOf', walk))
}

function withoutChoice(root: JsonSchema, keyword: 'anyOf' | 'oneOf', walk: Walk): JsonSchema {
  if (!Array.isArray(root[keyword])) return root
  const { [keyword]: choice, ...rest } = root
  walk.lost.add(keyword)
  const branches = (Array.isArray(choice) ? choice : []).filter(isRecord).map((branch) => openWhole(branch, walk).node)
  const properties = allProperties(rest, branches)
  const required = alwaysRequired(rest, branches)
  const whole = { ...rest, ...(properties && { properties }), ...(required.length > 0 && { required }) }
  const words = sentenceFor(keyword, root)
  return described(whole, words === undefined ? [] : [words])
}

/** A property that the branches describe in different ways may be any of them. */
function allProperties(rest: JsonSchema, branches: readonly JsonSchema[]): Record<string, unknown> | undefined {
  const found = new Map<string, unknown[]>()
  for (const { properties } of [rest, ...branches])
    for (const [name, schema] of Object.entries(isRecord(properties) ? properties : {})) {
      const known = found.get(name) ?? []
      if (!known.some((other) => JSON.stringify(other) === JSON.stringify(schema))) found.set(name, [...known, schema])
    }
  if (found.size === 0) return undefined
  return Object.fromEntries([...found].map(([name, ways]) => [name, ways.length === 1 ? ways[0] : { anyOf: ways }]))
}

function alwaysRequired(rest: JsonSchema, branches: readonly JsonSchema[]): unknown[] {
  const [first = [], ...others] = branches.map(requiredOf)
  return [...new Set([...requiredOf(rest), ...first.filter((name) => others.every((other) => other.includes(name)))])]
}

const requiredOf = ({ required }: JsonSchema): readonly unknown[] => (Array.isArray(required) ? required : [])

/** The type said plainly, and properties even when there are none: some vendors refuse an object without the list. */
function typed(root: JsonSchema): JsonSchema {
  const isObject = root.type === 'object'
  if (isObject && isRecord(root.properties)) return root
  const mayBeObject = root.type === undefined || (Array.isArray(root.type) && root.type.includes('object'))
  if (!isObject && !mayBeObject) return root
  const whole = Object.hasOwn(root, 'type') ? { ...root, type: 'object' } : { type: 'object', ...root }
  return isRecord(root.properties) ? whole : { ...whole, properties: {} }
}
