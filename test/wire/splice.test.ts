import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Edit, type JsonPath, locate, splice } from '../../src/wire/splice.ts'

const edited = (json: string, edits: readonly Edit[]) => Buffer.from(splice(Buffer.from(json), edits)).toString()

const cases: { name: string; json: string; edits: Edit[]; result: string }[] = [
  {
    name: 'replaces',
    json: '{"model":"a","n":1.0}',
    edits: [{ path: ['model'], value: 'b' }],
    result: '{"model":"b","n":1.0}',
  },
  {
    name: 'replaces every duplicate',
    json: '{"a":1,"b":2,"a":{}}',
    edits: [{ path: ['a'], value: 0 }],
    result: '{"a":0,"b":2,"a":0}',
  },
  {
    name: 'knows an escaped key',
    json: '{"mod\\u0065l":"a"}',
    edits: [{ path: ['model'], value: 'b' }],
    result: '{"mod\\u0065l":"b"}',
  },
  {
    name: 'keeps the space around',
    json: ' {\n  "a" : 1 ,\n  "b": [ ]\n} ',
    edits: [{ path: ['a'], value: 2 }],
    result: ' {\n  "a" : 2 ,\n  "b": [ ]\n} ',
  },
  {
    name: 'keeps numbers and escapes',
    json: '{"x":1e2,"y":"\\u00e9\\/","a":1}',
    edits: [{ path: ['a'], value: 2 }],
    result: '{"x":1e2,"y":"\\u00e9\\/","a":2}',
  },
  {
    name: 'appends a missing member',
    json: '{"a":1 }',
    edits: [{ path: ['b'], value: [1] }],
    result: '{"a":1,"b":[1] }',
  },
  { name: 'appends to an empty object', json: '{ }', edits: [{ path: ['b'], value: 1 }], result: '{"b":1 }' },
  {
    name: 'appends several',
    json: '{}',
    edits: [
      { path: ['a'], value: 1 },
      { path: ['b'], value: 2 },
    ],
    result: '{"a":1,"b":2}',
  },
  {
    name: 'appends inside',
    json: '{"o":{"x":1}}',
    edits: [{ path: ['o', 'y'], value: 2 }],
    result: '{"o":{"x":1,"y":2}}',
  },
  { name: 'makes no parents', json: '{"a":1}', edits: [{ path: ['o', 'y'], value: 2 }], result: '{"a":1}' },
  { name: 'removes the first', json: '{"a":1, "b":2}', edits: [{ path: ['a'] }], result: '{"b":2}' },
  { name: 'removes the last', json: '{"a":1, "b":2 }', edits: [{ path: ['b'] }], result: '{"a":1 }' },
  { name: 'removes the only one', json: '{ "a":1 }', edits: [{ path: ['a'] }], result: '{  }' },
  { name: 'removes duplicates', json: '{"a":1,"b":2,"a":3}', edits: [{ path: ['a'] }], result: '{"b":2}' },
  { name: 'removes a run in the middle', json: '[0,1,2,3]', edits: [{ path: [1] }, { path: [2] }], result: '[0,3]' },
  { name: 'removes a run at the end', json: '[0, 1, 2]', edits: [{ path: [2] }, { path: [1] }], result: '[0]' },
  { name: 'removes all', json: '[0,1]', edits: [{ path: [0] }, { path: [1] }], result: '[]' },
  {
    name: 'removes all and appends',
    json: '{"a":1,"b":2}',
    edits: [{ path: ['a'] }, { path: ['b'] }, { path: ['c'], value: 3 }],
    result: '{"c":3}',
  },
  {
    name: 'removes the last and appends',
    json: '{"a":1,"b":2}',
    edits: [{ path: ['b'] }, { path: ['c'], value: 3 }],
    result: '{"a":1,"c":3}',
  },
  {
    name: 'removes around a nested edit',
    json: '[{"x":1},{"x":2},{"x":3}]',
    edits: [{ path: [0] }, { path: [1, 'x'], value: 9 }, { path: [2] }],
    result: '[{"x":9}]',
  },
  {
    name: 'edits at every depth',
    json: '{"m":[{"c":"a"},{"c":"b"}],"s":true}',
    edits: [{ path: ['m', 1, 'c'], value: 'z' }, { path: ['s'] }],
    result: '{"m":[{"c":"a"},{"c":"z"}]}',
  },
  {
    name: 'edits what an earlier edit set',
    json: '{}',
    edits: [
      { path: ['o'], value: {} },
      { path: ['o', 'x'], value: 1 },
    ],
    result: '{"o":{"x":1}}',
  },
  {
    name: 'covers what an earlier edit did below',
    json: '{"o":{"x":1}}',
    edits: [
      { path: ['o', 'x'], value: 2 },
      { path: ['o'], value: null },
    ],
    result: '{"o":null}',
  },
  {
    name: 'lets the last of two win',
    json: '{"a":1}',
    edits: [{ path: ['a'] }, { path: ['a'], value: 2 }],
    result: '{"a":2}',
  },
  {
    name: 'is not fooled by strings',
    json: '{"s":"{\\"a\\":1,]}\\\\","a":1}',
    edits: [{ path: ['a'], value: 2 }],
    result: '{"s":"{\\"a\\":1,]}\\\\","a":2}',
  },
  { name: 'replaces the root', json: ' [1] ', edits: [{ path: [], value: {} }], result: ' {} ' },
  {
    name: 'behind a byte order mark',
    json: '\ufeff{"a":1}',
    edits: [{ path: ['a'], value: 2 }],
    result: '\ufeff{"a":2}',
  },
]

describe('splice', () => {
  test.each(cases)('$name', ({ json, edits, result }) => {
    expect(edited(json, edits)).toBe(result)
  })

  test.each<{ json: string; path: JsonPath }>([
    { json: '{"a":1}', path: ['b'] },
    { json: '{"a":1}', path: [0] },
    { json: '[1]', path: ['0'] },
    { json: '[1]', path: [1] },
    { json: '"text"', path: ['a'] },
    { json: '{"a":1}', path: [] },
  ])('a removal of $path in $json hands the same bytes back', ({ json, path }) => {
    const bytes = Buffer.from(json)
    expect(splice(bytes, [{ path }])).toBe(bytes)
  })

  test('any edits: the same as on the parsed value', () => {
    fc.assert(
      fc.property(document, fc.array(edit, { maxLength: 6 }), fc.boolean(), (value, edits, isPretty) => {
        const json = JSON.stringify(value, null, isPretty ? 2 : 0)
        expect(JSON.parse(edited(json, edits))).toEqual(editedValue(value, edits))
      }),
      { numRuns: 3000 },
    )
  })
})

describe('locate', () => {
  const found: { json: string; path: JsonPath; value: string | undefined }[] = [
    { json: '{"a":{"b":[1, "x" ]}}', path: ['a', 'b', 1], value: '"x"' },
    { json: '{"a":1,"a":{"b":2}}', path: ['a', 'b'], value: '2' },
    { json: '{"a":{"b":2},"a":1}', path: ['a', 'b'], value: undefined },
    { json: '{"\\u0061": -1.5e3 }', path: ['a'], value: '-1.5e3' },
    { json: ' null ', path: [], value: 'null' },
    { json: '[[],{}]', path: [1], value: '{}' },
    { json: '[]', path: [0], value: undefined },
    { json: '{}', path: ['toString'], value: undefined },
  ]
  test.each(found)('$path in $json', ({ json, path, value }) => {
    const span = locate(Buffer.from(json), path)
    expect(span && Buffer.from(json).toString('utf8', span.start, span.end)).toBe(value)
  })

  test('any path: the span parses to what the path leads to', () => {
    fc.assert(
      fc.property(document, path, (value, steps) => {
        const bytes = Buffer.from(JSON.stringify(value))
        const span = locate(bytes, steps)
        expect(span && JSON.parse(bytes.toString('utf8', span.start, span.end))).toEqual(valueAt(value, steps))
      }),
    )
  })

  test('bytes that end too early throw and do not loop', () => {
    for (const json of ['{"a":[1', '{"a":"x', '{"a"', '[1 2', '[,', '{', '[']) {
      expect(() => locate(Buffer.from(json), json.startsWith('{') ? ['a', 0] : [0])).toThrow(SyntaxError)
      expect(() => splice(Buffer.from(json), [{ path: ['a', 0] }, { path: [0] }])).toThrow(SyntaxError)
    }
  })
})

// Few keys and small indices, so that paths meet values and each other.
const key = fc.constantFrom('a', 'b', 'é"\\', '__proto__')
// Long enough for the native search, full of what could fool it.
const longText = fc
  .array(fc.constantFrom('"', '\\', '}],', 'x'.repeat(45)), { maxLength: 8 })
  .map((parts) => parts.join(''))
const document = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.string({ unit: 'binary' }),
      longText,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value
const path = fc.array(fc.oneof(key, fc.nat({ max: 3 })), { maxLength: 3 })
const edit: fc.Arbitrary<Edit> = fc.oneof(
  path.map((path) => ({ path })),
  fc.record({ path, value: document }),
)

const REMOVED = Symbol('removed')

/** The slow twin of `splice`: edits in order on a copy; removed elements keep their seat until the end. */
function editedValue(value: unknown, edits: readonly Edit[]): unknown {
  const box: unknown[] = [structuredClone(value)]
  for (const edit of edits) {
    if (edit.path.length > 0 || edit.value !== undefined) applyEdit(box, [0, ...edit.path], edit)
  }
  return compact(box[0])
}

function applyEdit(container: unknown, [step, ...rest]: JsonPath, edit: Edit): void {
  const isArray = Array.isArray(container)
  if (step === undefined || typeof container !== 'object' || container === null) return
  if (isArray ? typeof step !== 'number' || step >= container.length : typeof step !== 'string') return
  const property = Object.getOwnPropertyDescriptor(container, step)
  if (rest.length > 0) {
    applyEdit(property?.value, rest, edit)
    return
  }
  const value = edit.value === undefined ? REMOVED : structuredClone(edit.value)
  if (!isArray && value === REMOVED) Reflect.deleteProperty(container, step)
  else Object.defineProperty(container, step, { value, enumerable: true, configurable: true, writable: true })
}

function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== REMOVED).map(compact)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, compact(item)]))
}

function valueAt(value: unknown, steps: JsonPath): unknown {
  let current = value
  for (const step of steps) {
    if (typeof current !== 'object' || current === null || Array.isArray(current) !== (typeof step === 'number')) return
    current = Object.getOwnPropertyDescriptor(current, step)?.value
  }
  return current
}
