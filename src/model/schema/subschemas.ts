import { isRecord } from '../record.ts'
import type { JsonSchema } from '../request.ts'

/** Keywords whose value holds schemas: one, a list, or a map of them. Everything else is data. */
const holders: Readonly<Record<string, 'one' | 'list' | 'map'>> = {
  properties: 'map',
  patternProperties: 'map',
  dependentSchemas: 'map',
  $defs: 'map',
  definitions: 'map',
  items: 'one',
  additionalProperties: 'one',
  unevaluatedProperties: 'one',
  unevaluatedItems: 'one',
  propertyNames: 'one',
  contains: 'one',
  not: 'one',
  if: 'one',
  // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
  then: 'one',
  else: 'one',
  anyOf: 'list',
  oneOf: 'list',
  allOf: 'list',
  prefixItems: 'list',
}

/** The schemas directly below a node. */
export function subschemas(node: JsonSchema): readonly JsonSchema[] {
  return Object.entries(node).flatMap(([keyword, value]) => {
    const holds = holderOf(keyword)
    if (holds === undefined) return []
    const candidates = Array.isArray(value)
      ? value
      : holds === 'map' && isRecord(value)
        ? Object.values(value)
        : [value]
    return candidates.filter(isRecord)
  })
}

/**
 * The node with each schema directly below it replaced by `change`, which also sees booleans where a schema may be one.
 * Keys keep their order; without a change the node itself comes back.
 */
export function mapSubschemas(node: JsonSchema, change: (child: unknown, keyword: string) => unknown): JsonSchema {
  return mapEntries(node, (value, keyword) => {
    const holds = holderOf(keyword)
    if (holds === undefined) return value
    if (Array.isArray(value)) return mapList(value, (child) => change(child, keyword))
    if (holds === 'map') return isRecord(value) ? mapEntries(value, (child) => change(child, keyword)) : value
    return change(value, keyword)
  })
}

const holderOf = (keyword: string): 'one' | 'list' | 'map' | undefined =>
  Object.hasOwn(holders, keyword) ? holders[keyword] : undefined

function mapList(list: readonly unknown[], change: (child: unknown) => unknown): readonly unknown[] {
  const mapped = list.map(change)
  return mapped.every((child, at) => child === list[at]) ? list : mapped
}

/** Values changed one by one; the object itself when none of them did. */
export function mapEntries<T extends Readonly<Record<string, unknown>>>(
  object: T,
  change: (value: unknown, key: string) => unknown,
): T | Record<string, unknown> {
  let isSame = true
  const mapped = Object.entries(object).map(([key, value]): [string, unknown] => {
    const next = change(value, key)
    isSame &&= next === value
    return [key, next]
  })
  return isSame ? object : Object.fromEntries(mapped)
}
