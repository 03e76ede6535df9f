import { isRecord } from '../record.ts'
import type { JsonSchema } from '../request.ts'
import { mapSubschemas, subschemas } from './subschemas.ts'

/**
 * Gemini's `Schema` message as JSON Schema: types in lower case, `nullable` as a type, counts as numbers, properties in
 * their said order. Names with underscores and JSON Schema's own spellings are understood; what is no object is `{}`.
 * @see https://ai.google.dev/api/caching#Schema
 */
export function readGeminiSchema(schema: unknown): JsonSchema {
  if (!isRecord(schema)) return {}
  const named = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      Object.hasOwn(spellings, key) ? (spellings[key] ?? key) : key,
      value,
    ]),
  )
  const whole = [lowerType, counts, plainFormat, examples, ordered, nullable].reduce((node, step) => step(node), named)
  return mapSubschemas(whole, (child) => (isRecord(child) ? readGeminiSchema(child) : child))
}

/**
 * JSON Schema as it is, unless its types are Gemini's words (`OBJECT`): the vendor takes those in its JSON Schema fields
 * too, and Gemini CLI sends them; nobody else knows them.
 */
export const readJsonSchema = (schema: JsonSchema): JsonSchema =>
  hasGeminiTypes(schema) ? readGeminiSchema(schema) : schema

const hasGeminiTypes = (node: JsonSchema): boolean =>
  [node.type].flat().some((type) => typeof type === 'string' && type !== type.toLowerCase()) ||
  subschemas(node).some(hasGeminiTypes)

type Step = (node: JsonSchema) => JsonSchema

const spellings: Readonly<Record<string, string>> = {
  any_of: 'anyOf',
  min_items: 'minItems',
  max_items: 'maxItems',
  min_length: 'minLength',
  max_length: 'maxLength',
  min_properties: 'minProperties',
  max_properties: 'maxProperties',
  property_ordering: 'propertyOrdering',
  additional_properties: 'additionalProperties',
}

const lowerType: Step = (node) => {
  if (Array.isArray(node.type))
    return { ...node, type: node.type.map((type) => (typeof type === 'string' ? type.toLowerCase() : type)) }
  if (typeof node.type !== 'string') return node
  const { type, ...rest } = node
  return type.toUpperCase() === 'TYPE_UNSPECIFIED' ? rest : { ...node, type: type.toLowerCase() }
}

/** proto3 JSON writes 64-bit integers as strings. */
const counts: Step = (node) =>
  Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      /^(?:min|max)(?:Items|Length|Properties)$/.test(key) && typeof value === 'string' && /^\d+$/.test(value)
        ? Number(value)
        : value,
    ]),
  )

const plainFormat: Step = (node) => {
  const { format, ...rest } = node
  return format === 'enum' ? rest : node
}

const examples: Step = (node) => {
  const { example, ...rest } = node
  return example === undefined ? node : { ...rest, examples: [example] }
}

/** Properties that the order does not name come last, as they stand. */
const ordered: Step = (node) => {
  const { propertyOrdering, ...rest } = node
  const properties = rest.properties
  if (!Array.isArray(propertyOrdering) || !isRecord(properties)) return propertyOrdering === undefined ? node : rest
  const names = new Set([
    ...propertyOrdering.filter((name) => typeof name === 'string' && Object.hasOwn(properties, name)),
    ...Object.keys(properties),
  ])
  return { ...rest, properties: Object.fromEntries([...names].map((name) => [name, properties[name]])) }
}

const nullable: Step = (node) => {
  const { nullable: isNullable, ...rest } = node
  if (isNullable === undefined) return node
  if (isNullable !== true) return rest
  const values = Array.isArray(rest.enum) && !rest.enum.includes(null) && { enum: [...rest.enum, null] }
  if (typeof rest.type === 'string') return { ...rest, type: [rest.type, 'null'], ...values }
  return Array.isArray(rest.anyOf) ? { ...rest, anyOf: [...rest.anyOf, { type: 'null' }], ...values } : rest
}
