import { describe, expect, it } from 'vitest'
import { instanceOf } from '../../src/sandbox/schema-instance.ts'

const object = (properties: object, required = Object.keys(properties)) => ({ type: 'object', properties, required })

const circle = {
  $ref: '#/$defs/node',
  $defs: { node: object({ name: { type: 'string' }, next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } }) },
}

describe('the smallest value', () => {
  it.each<[name: string, schema: unknown, prompt: string, value: unknown]>([
    ['of nothing', {}, 'hi', {}],
    [
      'leaves out what is not required',
      object({ a: { type: 'string' }, b: { type: 'string' } }, ['a']),
      'hi',
      { a: 'hi' },
    ],
    [
      'has what the prompt names',
      object({ city: { type: 'string' } }, []),
      'in city "New York" now',
      { city: 'New York' },
    ],
    ['reads numbers', object({ days: { type: 'integer' } }), 'days=7.', { days: 7 }],
    [
      'reads truths',
      object({ deep: { type: 'boolean' }, wide: { type: 'boolean' } }),
      'deep: false',
      { deep: false, wide: true },
    ],
    ['takes the first of an enumeration', { enum: ['b', 'a'] }, 'a', 'b'],
    ['takes the one that was said', object({ unit: { enum: ['c', 'f'] } }), 'unit f', { unit: 'f' }],
    ['is the constant', { const: 4 }, '', 4],
    ['has a length', { type: 'string', minLength: 4, maxLength: 6 }, 'ab', 'ab..'],
    ['is cut to a length', { type: 'string', maxLength: 2 }, 'abc', 'ab'],
    ['has a form', { type: 'string', format: 'date' }, 'abc', '2026-01-01'],
    ['lies between bounds', { type: 'number', exclusiveMinimum: 3, maximum: 9 }, '', 4],
    ['lies below a bound', { type: 'integer', maximum: -2 }, '', -2],
    ['is a multiple', { type: 'integer', multipleOf: 5 }, '', 5],
    ['has enough items', { type: 'array', items: { type: 'integer' }, minItems: 2 }, '', [1, 1]],
    ['has the items in front', { type: 'array', prefixItems: [{ type: 'integer' }, { const: 'x' }] }, '', [1, 'x']],
    ['is not null where it may be', { type: ['null', 'string'] }, 'a', 'a'],
    ['is null where it must be', { type: 'null' }, 'a', null],
    ['takes the first branch', { anyOf: [{ type: 'null' }, { type: 'integer' }, { type: 'string' }] }, 'a', 1],
    [
      'joins what must hold at once',
      { allOf: [object({ a: { const: 1 } }), object({ b: { const: 2 } })] },
      '',
      { a: 1, b: 2 },
    ],
    ['leaves a circle', circle, 'x', { name: 'x', next: null }],
    [
      'reads upper-case types',
      {
        type: 'OBJECT',
        properties: { a: { type: 'ARRAY', minItems: '1', items: { type: 'STRING' } } },
        required: ['a'],
      },
      'x',
      { a: ['x'] },
    ],
    ['counts characters, not halves', { type: 'string', maxLength: 1 }, '🌉b', '🌉'],
    ['of no schema at all', undefined, 'x', {}],
  ])('%s', (_, schema, prompt, value) => expect(instanceOf(schema, prompt)).toEqual(value))

  it.each([
    { type: 'string', minLength: 4e9 },
    { type: 'array', minItems: 4e9 },
    {
      type: 'array',
      minItems: 4e9,
      items: { type: 'array', minItems: 4e9, items: { type: 'string', minLength: 4e9 } },
    },
  ])('stays small where much is asked, %#', (schema) => {
    expect(JSON.stringify(instanceOf(schema, 'x')).length).toBeLessThan(6_000_000)
  })

  it('stays small where references multiply', () => {
    const level = (next: number) => object({ a: { $ref: `#/$defs/n${next}` }, b: { $ref: `#/$defs/n${next}` } })
    const $defs = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`n${at}`, level(at + 1)]))
    expect(JSON.stringify(instanceOf({ $ref: '#/$defs/n0', $defs }, 'x')).length).toBeLessThan(200_000)
  })
})
