import { isRecord } from '../record.ts'
import type { JsonSchema } from '../request.ts'

type Join = (left: unknown, right: unknown) => unknown

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

/** Values that both allow; `integer` is a `number`. */
function common(left: unknown, right: unknown): unknown {
  const both = list(left).flatMap((one) => {
    if (list(right).some((other) => same(one, other))) return [one]
    if (one === 'number' && list(right).includes('integer')) return ['integer']
    return one === 'integer' && list(right).includes('number') ? ['integer'] : []
  })
  return Array.isArray(left) && Array.isArray(right) ? both : (both[0] ?? left)
}

const same = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right)
const union: Join = (left, right) => [...new Set([...list(left), ...list(right)])]
/** What is no number bounds nothing. */
const bounded =
  (choose: (...numbers: number[]) => number): Join =>
  (left, right) => {
    if (typeof left !== 'number') return right
    return typeof right === 'number' ? choose(left, right) : left
  }
const larger = bounded(Math.max)
const smaller = bounded(Math.min)
const both: Join = (left, right) => (same(left, right) ? left : { allOf: [left, right] })
const keyed: Join = (left, right) => {
  if (!isRecord(left) || !isRecord(right)) return left
  const merged: Record<string, unknown> = { ...left }
  for (const [key, value] of Object.entries(right))
    merged[key] = Object.hasOwn(left, key) ? both(left[key], value) : value
  return merged
}

/** How two demands of one keyword become one. */
const joins: Readonly<Record<string, Join>> = {
  type: common,
  enum: common,
  required: union,
  properties: keyed,
  patternProperties: keyed,
  $defs: keyed,
  definitions: keyed,
  items: both,
  additionalProperties: (left, right) => (left === false || right === false ? false : left === true ? right : left),
  minimum: larger,
  exclusiveMinimum: larger,
  minLength: larger,
  minItems: larger,
  minProperties: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  maxLength: smaller,
  maxItems: smaller,
  maxProperties: smaller,
  uniqueItems: (left, right) => left === true || right === true,
  description: (left, right) => [...new Set([left, right])].filter((text) => typeof text === 'string').join('\n'),
  title: (left) => left,
  default: (left) => left,
  examples: (left) => left,
}

/**
 * One schema that demands what both do. A keyword that has no join (two patterns, two choices) keeps its first demand;
 * the second one's name goes to `conflict`.
 */
export function merged(left: JsonSchema, right: JsonSchema, conflict: (keyword: string) => void): JsonSchema {
  const result: Record<string, unknown> = { ...left }
  for (const [keyword, value] of Object.entries(right)) {
    if (!Object.hasOwn(left, keyword)) result[keyword] = value
    else if (Object.hasOwn(joins, keyword)) result[keyword] = joins[keyword]?.(left[keyword], value)
    else if (!same(left[keyword], value)) conflict(keyword)
  }
  return result
}
