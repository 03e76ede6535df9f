import { isRecord } from '../record.ts'
import type { JsonSchema } from '../request.ts'
import { described, sentenceFor } from './sentence.ts'
import type { Walk } from './walk.ts'

/**
 * A node whose children are done in the form of Gemini's `Schema` message: types in upper case, choices of words only,
 * counts as strings, the order of properties said.
 * @see https://ai.google.dev/api/caching#Schema
 */
export function geminiForm(node: JsonSchema, walk: Walk): JsonSchema {
  const steps = [wordChoice, upperType, sizes, example, requirements, ordering]
  return steps.reduce((whole, step) => step(whole, walk), node)
}

type Step = (node: JsonSchema, walk: Walk) => JsonSchema

/** `null` among the types, the choices or the values as Gemini's flag, and several types as a choice. */
export function nullability(node: JsonSchema): JsonSchema {
  const types = (Array.isArray(node.type) ? node.type : [node.type]).filter((type) => typeof type === 'string')
  const choices = Array.isArray(node.anyOf) ? node.anyOf : []
  const values = Array.isArray(node.enum) ? node.enum : []
  const isNullable = types.includes('null') || choices.some(isNull) || values.includes(null)
  if (!isNullable && !Array.isArray(node.type)) return node
  const kinds = types.filter((type) => type !== 'null')
  const { type: _type, anyOf: _anyOf, enum: _enum, ...beside } = node
  const rest = kinds.length > 1 ? without(beside, [...contents.values()].flat()) : beside
  const real = choices.filter((choice) => !isNull(choice))
  const words = values.filter((value) => value !== null)
  const single = real.length === 1 && isRecord(real[0]) && kinds.length === 0 ? real[0] : undefined
  return {
    ...rest,
    ...single,
    ...(kinds.length === 1 && { type: kinds[0] }),
    ...(kinds.length === 0 && types.length > 0 && { type: 'string' }),
    ...(kinds.length > 1 && { anyOf: kinds.map((type) => ({ type, ...contentOf(type, node) })) }),
    ...(real.length > 0 && !single && kinds.length <= 1 && { anyOf: real }),
    ...(words.length > 0 && { enum: words }),
    ...(typeof rest.description === 'string' && { description: rest.description }),
    ...(isNullable && { nullable: true }),
  }
}

/** What belongs to one of several types goes with it. */
const contents: ReadonlyMap<string, readonly string[]> = new Map([
  ['array', ['items', 'minItems', 'maxItems']],
  ['object', ['properties', 'required', 'minProperties', 'maxProperties']],
])

const contentOf = (type: string, node: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(node).filter(([key]) => contents.get(type)?.includes(key)))

const without = (node: JsonSchema, keys: readonly string[]): JsonSchema =>
  Object.fromEntries(Object.entries(node).filter(([key]) => !keys.includes(key)))

const isNull = (choice: unknown): boolean => isRecord(choice) && choice.type === 'null'

/** Only strings can be listed. Other values are said in words, so that their type stays what it is. */
const wordChoice: Step = (node, { lost }) => {
  const values = node.enum
  if (!Array.isArray(values) || values.length === 0) return node
  if (values.some((value) => typeof value === 'string')) {
    const isPlain = node.type === 'string' && values.every((value) => typeof value === 'string')
    return isPlain ? node : { ...node, type: 'string', enum: values.map(wordOf) }
  }
  lost.add('enum')
  const { enum: _values, ...rest } = node
  const type = rest.type ?? typeOf(values)
  return described({ ...rest, ...(type !== undefined && { type }) }, [sentenceFor('enum', node) ?? ''])
}

const wordOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

function typeOf(values: readonly unknown[]): string | undefined {
  if (values.every((value) => Number.isInteger(value))) return 'integer'
  if (values.every((value) => typeof value === 'number')) return 'number'
  return values.every((value) => typeof value === 'boolean') ? 'boolean' : undefined
}

const upper = (type: unknown): unknown => (typeof type === 'string' ? type.toUpperCase() : type)

const upperType: Step = (node) => {
  if (node.type !== undefined) return { ...node, type: upper(node.type) }
  return isRecord(node.properties) ? { type: 'OBJECT', ...node } : node
}

const int64s = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties']

const sizes: Step = (node) => {
  if (!int64s.some((keyword) => typeof node[keyword] === 'number')) return node
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      int64s.includes(key) && typeof value === 'number' ? String(value) : value,
    ]),
  )
}

const example: Step = (node) => {
  if (!Array.isArray(node.examples)) return node
  const { examples, ...rest } = node
  return examples.length === 0 || rest.example !== undefined ? rest : { ...rest, example: examples[0] }
}

/** What is not among the properties cannot be required. */
const requirements: Step = (node, { lost }) => {
  if (!Array.isArray(node.required)) return node
  const properties = isRecord(node.properties) ? node.properties : {}
  const known = node.required.filter((name) => typeof name === 'string' && Object.hasOwn(properties, name))
  if (known.length === node.required.length && known.length > 0) return node
  if (known.length < node.required.length) lost.add('required')
  const { required: _required, ...rest } = node
  return known.length === 0 ? rest : { ...node, required: known }
}

const ordering: Step = (node) => {
  if (!isRecord(node.properties) || node.propertyOrdering !== undefined) return node
  const names = Object.keys(node.properties)
  return names.length < 2 ? node : { ...node, propertyOrdering: names }
}
