import type { JsonSchema } from '../request.ts'

const json = (value: unknown): string => JSON.stringify(value) ?? 'nothing'
const counted = (value: unknown, thing: string): string => `${json(value)} ${thing}${value === 1 ? '' : 's'}`

/** Until draft 6 a boolean beside `minimum` or `maximum`. */
const bound = (words: string, value: unknown, beside: unknown): string | undefined =>
  typeof value !== 'boolean' ? `${words} ${json(value)}.` : value ? `${words} ${json(beside)}.` : undefined

const others = (things: string, value: unknown): string | undefined => {
  if (typeof value === 'boolean') return value ? undefined : `No other ${things}.`
  return `Other ${things} match ${json(value)}.`
}

/** What a keyword demands, in words. `if` speaks for `then` and `else`, too. */
const sentences: Readonly<Record<string, (value: unknown, node: JsonSchema) => string | undefined>> = {
  minimum: (value) => `At least ${json(value)}.`,
  maximum: (value) => `At most ${json(value)}.`,
  exclusiveMinimum: (value, { minimum }) => bound('Greater than', value, minimum),
  exclusiveMaximum: (value, { maximum }) => bound('Less than', value, maximum),
  multipleOf: (value) => `A multiple of ${json(value)}.`,
  minLength: (value) => `At least ${counted(value, 'character')}.`,
  maxLength: (value) => `At most ${counted(value, 'character')}.`,
  pattern: (value) => `Matches the regular expression ${json(value)}.`,
  format: (value) => `Format: ${typeof value === 'string' ? value : json(value)}.`,
  minItems: (value) => `At least ${counted(value, 'item')}.`,
  maxItems: (value) => `At most ${counted(value, 'item')}.`,
  uniqueItems: (value) => (value === true ? 'No item occurs twice.' : undefined),
  prefixItems: (value) => `The first items are, in order: ${json(value)}.`,
  contains: (value) => `Holds an item that matches ${json(value)}.`,
  minContains: (value) => `At least ${counted(value, 'such item')}.`,
  maxContains: (value) => `At most ${counted(value, 'such item')}.`,
  unevaluatedItems: (value) => others('items', value),
  minProperties: (value) => `At least ${json(value)} properties.`,
  maxProperties: (value) => `At most ${json(value)} properties.`,
  propertyNames: (value) => `Property names match ${json(value)}.`,
  patternProperties: (value) => `Properties whose names match these expressions: ${json(value)}.`,
  additionalProperties: (value) => others('properties', value),
  unevaluatedProperties: (value) => others('properties', value),
  dependentRequired: (value) => `Properties that need others: ${json(value)}.`,
  dependentSchemas: (value) => `Properties that demand more: ${json(value)}.`,
  dependencies: (value) => `Properties that need others: ${json(value)}.`,
  enum: (value) => `One of: ${Array.isArray(value) ? value.map(json).join(', ') : json(value)}.`,
  const: (value) => `Always ${json(value)}.`,
  not: (value) => (isAnything(value) ? 'No value is allowed here.' : `Must not match ${json(value)}.`),
  anyOf: (value) => `Must match one of ${json(value)}.`,
  oneOf: (value) => `Must match exactly one of ${json(value)}.`,
  allOf: (value) => `Must match all of ${json(value)}.`,
  if: (value, node) =>
    `If it matches ${json(value)}, then it must match ${json(node.then ?? true)}${node.else === undefined ? '' : `, else ${json(node.else)}`}.`,
}

const isAnything = (value: unknown): boolean => value === true || json(value) === '{}'

/** A keyword's demand as a sentence; undefined for one that demands nothing by itself. */
export const sentenceFor = (keyword: string, node: JsonSchema): string | undefined =>
  Object.hasOwn(sentences, keyword) ? sentences[keyword]?.(node[keyword], node) : undefined

/** The node with sentences behind its description. */
export function described(node: JsonSchema, said: readonly string[]): JsonSchema {
  if (said.length === 0) return node
  const before = typeof node.description === 'string' ? node.description.trimEnd() : ''
  const stop = before === '' || /[.!?:;)]$/.test(before) ? '' : '.'
  return { ...node, description: `${before}${stop} ${said.join(' ')}`.trimStart() }
}
