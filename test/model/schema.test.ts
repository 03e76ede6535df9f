import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonSchema } from '../../src/model/request.ts'
import {
  cleanSchema,
  readGeminiSchema,
  readJsonSchema,
  type SchemaTarget,
  satisfiesStrict,
} from '../../src/model/schema.ts'

const targets = {
  'anthropic-tool': true,
  'anthropic-strict': true,
  'openai-strict': true,
  'openai-loose': true,
  'gemini-json': true,
  'gemini-schema': true,
} as const satisfies Record<SchemaTarget, true>
// The keys of a record of all targets are all targets.
const everyTarget = Object.keys(targets) as SchemaTarget[]

const string = { type: 'string' }
const integer = { type: 'integer' }
const object = (properties: Record<string, unknown>, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties,
  ...more,
})

/** One property cleaned, so that the root's own rules stay out of sight. */
function cleanProperty(schema: unknown, target: SchemaTarget): { schema: unknown; lost: readonly string[] } {
  const cleaned = cleanSchema(object({ a: schema }), target)
  const properties = cleaned.schema.properties
  return { schema: Object(properties).a, lost: cleaned.lost }
}

describe('cleanSchema: what every target takes', () => {
  const plain = object(
    { name: { type: 'string', description: 'd', enum: ['x', 'y'] }, list: { type: 'array', items: integer } },
    { required: ['name', 'list'], additionalProperties: false },
  )
  it.each(everyTarget.filter((target) => target !== 'gemini-schema'))('stays itself for %s', (target) => {
    const cleaned = cleanSchema(plain, target)
    expect(cleaned.schema).toBe(plain)
    expect(cleaned.lost).toEqual([])
  })

  it('keeps everything below the root of tools that are not strict', () => {
    const rich = object({
      a: { oneOf: [{ const: 1 }, { not: string }], default: 1 },
      b: { type: 'object', patternProperties: { '^x': {} }, additionalProperties: { $ref: '#/$defs/c' } },
      default: { type: 'string', default: 'x' },
    })
    expect(cleanSchema(rich, 'anthropic-tool').schema).toBe(rich)
    expect(cleanSchema(rich, 'openai-loose').schema).toBe(rich)
  })
})

describe('cleanSchema: keywords', () => {
  it.each<[target: SchemaTarget, from: unknown, to: unknown, lost?: string[]]>([
    [
      'anthropic-strict',
      { ...integer, minimum: 1, maximum: 5 },
      { ...integer, description: 'At least 1. At most 5.' },
      ['minimum', 'maximum'],
    ],
    [
      'anthropic-strict',
      { type: 'string', description: 'A name', minLength: 1 },
      { type: 'string', description: 'A name. At least 1 character.' },
      ['minLength'],
    ],
    ['anthropic-strict', { type: 'string', default: 'x', examples: ['x'] }, string],
    ['anthropic-strict', { type: 'string', format: 'uri' }, { type: 'string', format: 'uri' }],
    [
      'anthropic-strict',
      { type: 'string', format: 'color' },
      { type: 'string', description: 'Format: color.' },
      ['format'],
    ],
    ['anthropic-strict', { type: 'array', items: string, minItems: 1 }, { type: 'array', items: string, minItems: 1 }],
    [
      'anthropic-strict',
      { type: 'array', items: string, minItems: 2 },
      { type: 'array', items: string, description: 'At least 2 items.' },
      ['minItems'],
    ],
    ['anthropic-strict', { oneOf: [string, integer] }, { anyOf: [string, integer] }],
    ['anthropic-strict', object({ b: string }), { ...object({ b: string }), additionalProperties: false }],
    ['anthropic-strict', { type: 'object' }, { type: 'object', additionalProperties: false }, ['additionalProperties']],
    [
      'anthropic-strict',
      { type: 'object', additionalProperties: string },
      { type: 'object', additionalProperties: false, description: 'Other properties match {"type":"string"}.' },
      ['additionalProperties'],
    ],
    ['openai-strict', { ...integer, minimum: 1, multipleOf: 5 }, { ...integer, minimum: 1, multipleOf: 5 }],
    ['openai-strict', { type: 'string', pattern: '^a' }, { type: 'string', pattern: '^a' }],
    [
      'openai-strict',
      { type: 'string', pattern: '(?=a)' },
      { type: 'string', description: 'Matches the regular expression "(?=a)".' },
      ['pattern'],
    ],
    ['openai-strict', { type: 'string', format: 'uri' }, { type: 'string', description: 'Format: uri.' }, ['format']],
    [
      'openai-strict',
      { type: 'array', uniqueItems: true },
      { type: 'array', items: {}, description: 'No item occurs twice.' },
      ['uniqueItems'],
    ],
    ['openai-strict', { type: 'array', items: string, uniqueItems: false }, { type: 'array', items: string }],
    ['openai-strict', { $ref: '#/$defs/x', description: 'd' }, { $ref: '#/$defs/x' }],
    ['openai-strict', true, {}],
    ['openai-loose', { type: 'array' }, { type: 'array', items: {} }],
    ['gemini-json', { const: 'x' }, { enum: ['x'] }],
    ['gemini-json', { type: ['string', 'null'] }, { type: ['string', 'null'] }],
    ['gemini-json', { $comment: 'c', type: 'string', default: '' }, string],
    [
      'gemini-json',
      { ...integer, exclusiveMinimum: 0 },
      { ...integer, description: 'Greater than 0.' },
      ['exclusiveMinimum'],
    ],
    [
      'gemini-json',
      { ...integer, minimum: 0, exclusiveMinimum: true },
      { ...integer, minimum: 0, description: 'Greater than 0.' },
      ['exclusiveMinimum'],
    ],
    ['gemini-json', { type: 'array', items: [string, integer] }, { type: 'array', prefixItems: [string, integer] }],
    [
      'gemini-json',
      { type: 'object', propertyNames: { pattern: '^a' } },
      { type: 'object', description: 'Property names match {"pattern":"^a"}.' },
      ['propertyNames'],
    ],
    ['gemini-json', false, { description: 'No value is allowed here.' }, ['not']],
    [
      'gemini-json',
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
      { if: { required: ['b'] }, then: { required: ['c'] }, else: { required: ['d'] } },
      {
        description:
          'If it matches {"required":["b"]}, then it must match {"required":["c"]}, else {"required":["d"]}.',
      },
      ['if'],
    ],
    [
      'gemini-json',
      object({ default: { type: 'string', default: 'x' }, not: string }),
      object({ default: string, not: string }),
    ],
    ['gemini-schema', string, { type: 'STRING' }],
    [
      'gemini-schema',
      { type: ['string', 'null'], description: 'd' },
      { description: 'd', type: 'STRING', nullable: true },
    ],
    ['gemini-schema', { type: ['string', 'integer'] }, { anyOf: [{ type: 'STRING' }, { type: 'INTEGER' }] }],
    [
      'gemini-schema',
      { type: ['array', 'null', 'string'], items: integer },
      { anyOf: [{ type: 'ARRAY', items: { type: 'INTEGER' } }, { type: 'STRING' }], nullable: true },
    ],
    [
      'gemini-schema',
      { anyOf: [string, { type: 'null' }], description: 'd' },
      { description: 'd', type: 'STRING', nullable: true },
    ],
    [
      'gemini-schema',
      { anyOf: [string, integer, { type: 'null' }] },
      { anyOf: [{ type: 'STRING' }, { type: 'INTEGER' }], nullable: true },
    ],
    ['gemini-schema', { enum: ['a', 'b', null] }, { enum: ['a', 'b'], nullable: true, type: 'STRING' }],
    ['gemini-schema', { const: 'x' }, { enum: ['x'], type: 'STRING' }],
    ['gemini-schema', { type: 'integer', enum: [1, 2] }, { type: 'INTEGER', description: 'One of: 1, 2.' }, ['enum']],
    ['gemini-schema', { type: 'array', minItems: 1 }, { type: 'ARRAY', minItems: '1', items: { type: 'STRING' } }],
    ['gemini-schema', { type: 'string', format: 'date' }, { type: 'STRING', description: 'Format: date.' }, ['format']],
    ['gemini-schema', { type: 'string', examples: ['x', 'y'], 'x-vendor': 1 }, { type: 'STRING', example: 'x' }],
    [
      'gemini-schema',
      object({ b: string, c: string }, { required: ['b', 'gone'], additionalProperties: false }),
      {
        type: 'OBJECT',
        properties: { b: { type: 'STRING' }, c: { type: 'STRING' } },
        required: ['b'],
        propertyOrdering: ['b', 'c'],
      },
      ['required'],
    ],
  ])('%s: %j', (target, from, to, lost = []) => {
    const cleaned = cleanProperty(from, target)
    expect(cleaned.schema).toEqual(to)
    expect(cleaned.lost).toEqual(lost)
  })

  it('keeps the order of keys', () => {
    const from = { b: { oneOf: [string], description: 'd' }, a: { const: 1, title: 't' } }
    const { schema } = cleanSchema(object(from), 'gemini-json')
    expect(JSON.stringify(schema)).toBe(
      '{"type":"object","properties":{"b":{"oneOf":[{"type":"string"}],"description":"d"},"a":{"enum":[1],"title":"t"}}}',
    )
  })

  it('leaves what it was given as it was', () => {
    const from = object({ a: { allOf: [{ $ref: '#/$defs/x' }, { minimum: 1 }] } }, { $defs: { x: integer } })
    const before = structuredClone(from)
    for (const target of everyTarget) cleanSchema(from, target)
    expect(from).toEqual(before)
  })
})

describe('cleanSchema: allOf', () => {
  it.each<[what: string, from: JsonSchema, to: JsonSchema, lost?: string[]]>([
    [
      'joins properties and requirements',
      { allOf: [object({ b: string }, { required: ['b'] }), object({ c: integer }, { required: ['c'] })] },
      object({ b: string, c: integer }, { required: ['b', 'c'] }),
    ],
    [
      'takes the narrower bound',
      {
        type: 'number',
        minimum: 1,
        allOf: [
          { minimum: 3, maximum: 9 },
          { type: 'integer', maximum: 7 },
        ],
      },
      { type: 'integer', minimum: 3, maximum: 7 },
    ],
    ['takes the values common to all', { enum: ['a', 'b'], allOf: [{ enum: ['b', 'c'] }] }, { enum: ['b'] }],
    [
      'joins one property of two schemas',
      { allOf: [object({ b: { minimum: 1 } }), object({ b: integer })] },
      object({ b: { minimum: 1, type: 'integer' } }),
    ],
    ['follows references', { allOf: [{ $ref: '#/$defs/named' }], description: 'd' }, { ...string, description: 'd' }],
    ['names what cannot be joined', { pattern: 'a', allOf: [{ pattern: 'b' }] }, { pattern: 'a' }, ['pattern']],
  ])('%s', (_, from, to, lost = []) => {
    const cleaned = cleanSchema(object({ a: from }, { $defs: { named: string } }), 'openai-strict')
    expect(cleaned.schema).toEqual(object({ a: to }, { $defs: { named: string } }))
    expect(cleaned.lost).toEqual(lost)
  })
})

describe('cleanSchema: references', () => {
  const tree = object(
    { child: { $ref: '#/$defs/tree' } },
    { $defs: { tree: object({ next: { $ref: '#/$defs/tree' } }) } },
  )

  it('are written out for Gemini, also those with words beside them', () => {
    const schema = object(
      { a: { $ref: '#/$defs/x', description: 'd' }, b: { $ref: '#/definitions/y~1z' } },
      {
        $defs: { x: { type: 'string', description: 'x' } },
        definitions: { 'y/z': { type: 'array', items: { $ref: '#/$defs/x' } } },
      },
    )
    expect(cleanSchema(schema, 'gemini-schema').schema).toEqual({
      type: 'OBJECT',
      properties: {
        a: { type: 'STRING', description: 'd' },
        b: { type: 'ARRAY', items: { type: 'STRING', description: 'x' } },
      },
      propertyOrdering: ['a', 'b'],
    })
  })

  it('are cut where they recur', () => {
    const cleaned = cleanSchema(tree, 'gemini-schema')
    expect(cleaned.schema).toEqual({
      type: 'OBJECT',
      properties: {
        child: {
          type: 'OBJECT',
          properties: { next: { type: 'OBJECT', description: 'The same shape as tree, again.' } },
        },
      },
    })
    expect(cleaned.lost).toEqual(['$ref'])
  })

  it('are kept by those who know them; Anthropic knows no recursion', () => {
    expect(cleanSchema(tree, 'gemini-json').schema).toBe(tree)
    expect(cleanSchema(tree, 'openai-strict').schema).toBe(tree)
    expect(JSON.stringify(cleanSchema(tree, 'anthropic-strict').schema)).not.toMatch(/\$ref|\$defs/)
    const flat = object({ a: { $ref: '#/$defs/x' } }, { $defs: { x: string }, additionalProperties: false })
    expect(cleanSchema(flat, 'anthropic-strict').schema).toBe(flat)
  })

  it('may stand twice in one branch without being a cycle', () => {
    const inner = { $ref: '#/$defs/base' }
    const schema = object(
      { a: { ...inner, properties: { b: inner } } },
      { $defs: { base: { type: 'object', title: 't' } } },
    )
    const cleaned = cleanSchema(schema, 'gemini-schema')
    expect(cleaned.lost).toEqual([])
    expect(cleaned.schema).toMatchObject({ properties: { a: { properties: { b: { type: 'OBJECT', title: 't' } } } } })
  })

  it('may lead to one schema on two ways', () => {
    const base = object({ id: string }, { required: ['id'] })
    const schema = object(
      { a: { allOf: [{ $ref: '#/$defs/l' }, { $ref: '#/$defs/r' }] } },
      {
        $defs: { base, l: { allOf: [{ $ref: '#/$defs/base' }] }, r: { allOf: [{ $ref: '#/$defs/base' }], title: 'r' } },
      },
    )
    const cleaned = cleanSchema(schema, 'gemini-json')
    expect(cleaned.lost).toEqual([])
    expect(Object(cleaned.schema.properties).a).toEqual({ ...base, title: 'r' })
  })

  it.each(everyTarget)('to the whole, in the whole, end for %s', (target) => {
    for (const root of [
      { allOf: [{ $ref: '#' }] },
      { $ref: '#' },
      { anyOf: [{ $ref: '#' }] },
      object({ a: { allOf: [{ $ref: '#' }] } }),
    ])
      expect(() => cleanSchema(root, target)).not.toThrow()
  })

  it('that lead nowhere are anything', () => {
    const cleaned = cleanProperty({ $ref: 'https://example.com/x', description: 'd' }, 'gemini-schema')
    expect(cleaned).toEqual({ schema: { description: 'd' }, lost: ['$ref'] })
  })

  it('do not multiply without bound', () => {
    const defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [
        `d${at}`,
        object({ l: { $ref: `#/$defs/d${at + 1}` }, r: { $ref: `#/$defs/d${at + 1}` } }),
      ]),
    )
    const twice = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [
        `d${at}`,
        { allOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
      ]),
    )
    cleanSchema(object({ a: { allOf: [{ $ref: '#/$defs/d0' }] } }, { $defs: twice }), 'openai-strict')
    cleanSchema({ $ref: '#/$defs/d0', $defs: twice }, 'anthropic-tool')
    const cleaned = cleanSchema(object({ a: { $ref: '#/$defs/d0' } }, { $defs: defs }), 'gemini-schema')
    expect(JSON.stringify(cleaned.schema).length).toBeLessThan(1_000_000)
    expect(cleaned.lost).toEqual(['$ref'])
  })
})

describe('cleanSchema: the root', () => {
  const vendors = everyTarget.filter((target) => !target.startsWith('gemini'))
  it.each(vendors)('is a plain object for %s', (target) => {
    for (const root of [{}, { type: 'object' }, { type: ['object', 'null'] }, { description: 'd' }])
      expect(cleanSchema(root, target).schema).toMatchObject({ type: 'object', properties: {} })
    const pointing = cleanSchema({ $ref: '#/$defs/x', $defs: { x: object({ a: string }) } }, target).schema
    expect(pointing).toMatchObject(object({ a: string }))
    expect(pointing).not.toHaveProperty('$ref')
  })

  it('tells a choice in words and allows the properties of all its branches', () => {
    const root = {
      anyOf: [object({ id: string, kind: { const: 'a' } }, { required: ['id', 'kind'] }), { $ref: '#/$defs/b' }],
      $defs: { b: object({ id: string, kind: { const: 'b' } }, { required: ['id'] }) },
    }
    const { schema, lost } = cleanSchema(root, 'anthropic-tool')
    expect(schema).toMatchObject({
      type: 'object',
      properties: { id: string, kind: { anyOf: [{ const: 'a' }, { const: 'b' }] } },
      required: ['id'],
      description: expect.stringContaining('Must match one of [{"type":"object"'),
    })
    expect(schema).not.toHaveProperty('anyOf')
    expect(lost).toEqual(['anyOf'])
  })

  it('merges what must all hold', () => {
    const root = { allOf: [object({ a: string }), { allOf: [object({ b: string }, { required: ['b'] })] }] }
    const cleaned = cleanSchema(root, 'openai-loose')
    expect(cleaned).toEqual({ schema: object({ a: string, b: string }, { required: ['b'] }), lost: [] })
  })
})

describe('cleanSchema of any JSON', () => {
  const keyword = fc.constantFrom(
    'type',
    'properties',
    'items',
    'anyOf',
    'allOf',
    'enum',
    '$ref',
    '$defs',
    'required',
    'not',
    'const',
  )
  const { node } = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(null, true, false, 0, 'object', 'array', '#', '#/$defs/a', '#/properties/type', 'null'),
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(keyword, tie('node'), { maxKeys: 4 }),
    ),
  }))
  const schema = fc.dictionary(keyword, node, { maxKeys: 5 })

  it.each(everyTarget)('never throws, and says the same again when cleaned twice, for %s', (target) => {
    fc.assert(
      fc.property(schema, (any) => {
        const once = cleanSchema(any, target)
        expect(cleanSchema(any, target)).toEqual(once)
        expect(() => JSON.stringify(once.schema)).not.toThrow()
      }),
    )
  })

  it('is read from Gemini without a throw', () => {
    fc.assert(fc.property(fc.oneof(schema, fc.jsonValue()), (any) => void readGeminiSchema(any)))
  })
})

describe('satisfiesStrict', () => {
  const closed = { additionalProperties: false }
  it.each<[is: boolean, schema: JsonSchema]>([
    [true, object({}, closed)],
    [true, object({ a: { type: ['string', 'null'] } }, { required: ['a'], ...closed })],
    [true, object({ a: { $ref: '#/$defs/x' } }, { required: ['a'], ...closed, $defs: { x: object({}, closed) } })],
    [true, object({ a: { anyOf: [string, object({}, closed)] } }, { required: ['a'], ...closed })],
    [false, object({ a: string }, closed)],
    [false, object({ a: string }, { required: ['a'] })],
    [false, object({ a: object({}) }, { required: ['a'], ...closed })],
    [false, object({ a: { type: 'array', items: object({}) } }, { required: ['a'], ...closed })],
    [false, object({ a: { type: 'array' } }, { required: ['a'], ...closed })],
    [false, object({ a: {} }, { required: ['a'], ...closed })],
    [false, object({ a: { oneOf: [string] } }, { required: ['a'], ...closed })],
    [false, object({}, { ...closed, anyOf: [string] })],
    [false, object({}, { ...closed, $defs: { x: object({}) } })],
    [false, string],
    [false, {}],
  ])('%s for %j', (is, schema) => {
    expect(satisfiesStrict(schema)).toBe(is)
  })
})

describe('readJsonSchema', () => {
  it.each<[from: JsonSchema, to: JsonSchema]>([
    [
      { type: 'OBJECT', properties: { a: { type: ['STRING', 'NULL'] } }, additionalProperties: false },
      { type: 'object', properties: { a: { type: ['string', 'null'] } }, additionalProperties: false },
    ],
    [
      { type: 'object', $defs: { a: { anyOf: [{ type: 'INTEGER', exclusiveMinimum: 0 }] } } },
      { type: 'object', $defs: { a: { anyOf: [{ type: 'integer', exclusiveMinimum: 0 }] } } },
    ],
  ])('takes Gemini’s words for the types: %j', (from, to) => expect(readJsonSchema(from)).toEqual(to))

  it('leaves JSON Schema alone, also where data looks like Gemini’s', () => {
    const schema = { type: 'object', properties: { type: { enum: ['OBJECT'] }, nullable: { nullable: true } } }
    expect(readJsonSchema(schema)).toBe(schema)
  })
})

describe('readGeminiSchema', () => {
  it.each<[from: unknown, to: JsonSchema]>([
    [{ type: 'STRING' }, string],
    [
      { type: 'string', format: 'enum', enum: ['a'] },
      { type: 'string', enum: ['a'] },
    ],
    [
      { type: 'STRING', nullable: true, enum: ['a'] },
      { type: ['string', 'null'], enum: ['a', null] },
    ],
    [{ any_of: [{ type: 'STRING' }], nullable: true }, { anyOf: [string, { type: 'null' }] }],
    [
      { type: 'ARRAY', items: { type: 'INTEGER' }, min_items: '1', maxItems: '9' },
      { type: 'array', items: integer, minItems: 1, maxItems: 9 },
    ],
    [{ type: 'TYPE_UNSPECIFIED', example: 'x' }, { examples: ['x'] }],
    [{ type: 'STRING', nullable: false }, string],
    ['nonsense', {}],
  ])('%j', (from, to) => {
    expect(readGeminiSchema(from)).toEqual(to)
  })

  it('puts properties in the said order', () => {
    const properties = { a: { type: 'STRING' }, type: { type: 'STRING' }, b: { type: 'NUMBER' } }
    const read = readGeminiSchema({ type: 'OBJECT', properties, propertyOrdering: ['b', 'gone', 'a'] })
    expect(JSON.stringify(read)).toBe(
      '{"type":"object","properties":{"b":{"type":"number"},"a":{"type":"string"},"type":{"type":"string"}}}',
    )
  })

  it('reads back what is written for Gemini', () => {
    const schema = object(
      { b: { type: ['string', 'null'], description: 'd' }, a: { type: 'array', items: integer, minItems: 1 } },
      { required: ['a'] },
    )
    expect(readGeminiSchema(cleanSchema(schema, 'gemini-schema').schema)).toEqual(schema)
  })
})
