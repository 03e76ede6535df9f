import { isRecord } from '../record.ts'
import type { JsonSchema } from '../request.ts'
import { subschemas } from './subschemas.ts'

/**
 * Whether a schema already keeps the rules of strict output: the root is an object, every object is closed and requires all
 * of its properties, every node says what it is, and nothing is in it that strict decoding cannot follow.
 * @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export const satisfiesStrict = (schema: JsonSchema): boolean =>
  schema.type === 'object' && schema.anyOf === undefined && isStrict(schema)

function isStrict(node: JsonSchema): boolean {
  if (refused.some((keyword) => Object.hasOwn(node, keyword))) return false
  if (!kinds.some((keyword) => Object.hasOwn(node, keyword))) return false
  if (mayBe(node, 'object') && !isClosed(node)) return false
  if (mayBe(node, 'array') && !isRecord(node.items)) return false
  return subschemas(node).every(isStrict)
}

const refused = ['allOf', 'oneOf', 'not', 'if', 'patternProperties', 'prefixItems', 'dependentSchemas', 'contains']
const kinds = ['type', 'anyOf', '$ref', 'enum', 'const']

const mayBe = (node: JsonSchema, type: string): boolean =>
  node.type === type || (Array.isArray(node.type) && node.type.includes(type))

function isClosed({ additionalProperties, properties, required }: JsonSchema): boolean {
  const names = isRecord(properties) ? Object.keys(properties) : []
  return additionalProperties === false && names.every((name) => Array.isArray(required) && required.includes(name))
}
