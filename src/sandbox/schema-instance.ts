import { isRecord } from '../wire/json.ts'
import { buildNumber, buildString, count, type Saying, saidOf, spoken } from './schema-scalar.ts'
import { asList, asRecord, asRecords, asText, asTexts, type Untyped } from './untyped.ts'

/**
 * The smallest value that a JSON Schema allows, coloured by a prompt: `city: Oslo` in it fills a property `city`,
 * other strings quote it. Reads the vendors' own spellings too (upper-case types, `nullable`, numbers in strings).
 */
export const instanceOf = (schema: unknown, prompt: string): unknown =>
  build(asRecord(schema), {
    prompt: prompt.slice(0, READ_CHARACTERS),
    root: asRecord(schema),
    path: [],
    spent: { values: 0 },
  })

interface Site extends Saying {
  readonly root: Untyped
  /** References that led here. */
  readonly path: readonly string[]
  /** Values made so far: references can make a small schema mean an enormous value. */
  readonly spent: { values: number }
}

const READ_CHARACTERS = 4000
const MOST_VALUES = 5000
const MOST_ITEMS = 100

function build(schema: Untyped, site: Site): unknown {
  if (++site.spent.values > MOST_VALUES) return null
  if ('const' in schema) return schema.const
  const choices = asList(schema.enum)
  if (choices.length > 0) return spoken(choices, site) ?? choices[0]
  if (typeof schema.$ref === 'string') return follow(schema.$ref, site)
  const branch = branchOf([...asRecords(schema.anyOf), ...asRecords(schema.oneOf)], site)
  if (branch !== undefined) return build({ ...without(schema, ['anyOf', 'oneOf']), ...branch }, site)
  const all = asRecords(schema.allOf)
  if (all.length > 0) return build(merge(without(schema, ['allOf']), all, site.root), site)
  return BUILDERS[typeOf(schema)](schema, site)
}

/** A schema that needs itself has no smallest value; it ends in null. */
const follow = (reference: string, site: Site): unknown =>
  site.path.includes(reference)
    ? null
    : build(resolve(reference, site.root), { ...site, path: [...site.path, reference] })

/** The first branch that is a value and leads out of the circle; null where there is no other. */
const branchOf = (branches: readonly Untyped[], site: Site): Untyped | undefined =>
  branches.find((branch) => typeOf(branch) !== 'null' && !site.path.includes(asText(branch.$ref))) ?? branches[0]

type TypeName = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null'

const BUILDERS: Readonly<Record<TypeName, (schema: Untyped, site: Site) => unknown>> = {
  object: buildObject,
  array: buildArray,
  string: buildString,
  number: buildNumber,
  integer: (schema, site) => Math.ceil(buildNumber(schema, site)),
  boolean: (_, site) => saidOf(site) !== 'false',
  null: () => null,
}

const isTypeName = (name: string): name is TypeName => Object.hasOwn(BUILDERS, name)

function typeOf(schema: Untyped): TypeName {
  const names = asTexts(schema.type).map((name) => name.toLowerCase())
  const named = names.find((name) => name !== 'null') ?? names[0] ?? ''
  if (isTypeName(named)) return named
  if (isRecord(schema.properties)) return 'object'
  if (schema.items !== undefined) return 'array'
  return Object.keys(schema).length === 0 ? 'object' : 'string'
}

function resolve(reference: string, root: Untyped): Untyped {
  const steps = reference.replace(/^#\/?/, '').split('/').filter(Boolean)
  return steps.reduce<Untyped>((node, step) => asRecord(node[step.replaceAll('~1', '/').replaceAll('~0', '~')]), root)
}

const without = (schema: Untyped, fields: readonly string[]): Untyped =>
  Object.fromEntries(Object.entries(schema).filter(([field]) => !fields.includes(field)))

function merge(schema: Untyped, parts: readonly Untyped[], root: Untyped): Untyped {
  const resolved = parts.map((part) => (typeof part.$ref === 'string' ? resolve(part.$ref, root) : part))
  const all = [schema, ...resolved]
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map((part) => asRecord(part.properties))),
    required: all.flatMap((part) => asTexts(part.required)),
  }
}

/** Required properties, and those that the prompt names. */
function buildObject(schema: Untyped, site: Site): Untyped {
  const required = new Set(asTexts(schema.required))
  const properties = Object.entries(asRecord(schema.properties)).filter(
    ([name]) => required.has(name) || saidOf({ ...site, name }) !== undefined,
  )
  return Object.fromEntries(properties.map(([name, property]) => [name, build(asRecord(property), { ...site, name })]))
}

function buildArray(schema: Untyped, site: Site): unknown[] {
  const fixed = asList(schema.prefixItems).map((item) => build(asRecord(item), site))
  const missing = Math.max(0, Math.min(count(schema.minItems) ?? 1, MOST_ITEMS) - fixed.length)
  return [
    ...fixed,
    ...Array.from({ length: fixed.length > 0 ? 0 : missing }, () => build(asRecord(schema.items), site)),
  ]
}
