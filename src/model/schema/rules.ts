import type { SchemaTarget } from '../schema.ts'

/** What one target takes, keyword by keyword. */
export interface Rules {
  /** `object`: the root must be a plain object without combinators. */
  readonly root: 'object' | 'any'
  /** Everything below the root may stay as it is. */
  readonly rootOnly?: boolean
  /** Keywords that are kept; the others are said in the description where there are words for them, else left out. Absent: all. */
  readonly keeps?: ReadonlySet<string>
  /** Values of `format` that are kept; absent: all. */
  readonly formats?: ReadonlySet<string>
  /** Whether `keyword` may stay with this value, where its presence alone does not decide. */
  readonly allows?: (keyword: string, value: unknown) => boolean
  /** References: written out everywhere, written out when they recur into themselves, or kept. */
  readonly references: 'inline' | 'inline_cycles' | 'keep'
  /** Nothing may stand beside `$ref`. */
  readonly aloneRef?: boolean
  readonly mergesAllOf?: boolean
  /** `oneOf` is said as `anyOf`. */
  readonly oneOfAsAnyOf?: boolean
  /** `const` is said as an `enum` of one. */
  readonly constAsEnum?: boolean
  /** Every object is closed. */
  readonly closesObjects?: boolean
  /** An array must say what it holds. */
  readonly arraysNeedItems?: boolean
  /** Schemas must be objects: `true` is `{}`. */
  readonly noBooleans?: boolean
  /** Gemini's own message instead of JSON Schema. */
  readonly geminiForm?: boolean
}

const structure = ['type', 'properties', 'required', 'items', 'anyOf', 'enum', 'title', 'description']
const references = ['$ref', '$defs', 'definitions']
const bounds = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']
const lengths = ['minLength', 'maxLength', 'pattern']

/** @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas */
const openaiFormats = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid']

const geminiFormats = new Set(['enum', 'date-time', 'int32', 'int64', 'float', 'double'])

/** Every target's subset. @see https://ai.google.dev/api/caching#Schema @see https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
export const rulesFor: Readonly<Record<SchemaTarget, Rules>> = {
  'anthropic-tool': { root: 'object', rootOnly: true, references: 'keep' },
  'openai-loose': { root: 'object', references: 'keep', arraysNeedItems: true },
  'anthropic-strict': {
    root: 'object',
    keeps: new Set([...structure, ...references, 'const', 'additionalProperties', 'format', 'minItems']),
    formats: new Set([...openaiFormats, 'uri']),
    allows: (keyword, value) => keyword !== 'minItems' || value === 0 || value === 1,
    references: 'inline_cycles',
    mergesAllOf: true,
    oneOfAsAnyOf: true,
    closesObjects: true,
    noBooleans: true,
  },
  'openai-strict': {
    root: 'object',
    keeps: new Set([
      ...structure,
      ...references,
      ...bounds,
      ...lengths,
      'const',
      'additionalProperties',
      'format',
      'minItems',
      'maxItems',
    ]),
    formats: new Set(openaiFormats),
    allows: (keyword, value) => keyword !== 'pattern' || (typeof value === 'string' && !/\(\?[=!<]/.test(value)),
    references: 'keep',
    aloneRef: true,
    mergesAllOf: true,
    oneOfAsAnyOf: true,
    arraysNeedItems: true,
    noBooleans: true,
  },
  'gemini-json': {
    root: 'any',
    keeps: new Set([
      ...structure,
      ...references,
      '$id',
      '$anchor',
      'oneOf',
      'minimum',
      'maximum',
      'format',
      'minItems',
      'maxItems',
      'prefixItems',
      'additionalProperties',
      'propertyOrdering',
    ]),
    formats: geminiFormats,
    references: 'keep',
    aloneRef: true,
    mergesAllOf: true,
    constAsEnum: true,
    noBooleans: true,
  },
  'gemini-schema': {
    root: 'any',
    keeps: new Set([
      ...structure,
      ...lengths,
      'minimum',
      'maximum',
      'format',
      'minItems',
      'maxItems',
      'minProperties',
      'maxProperties',
      'nullable',
      'default',
      'example',
      'examples',
      'propertyOrdering',
    ]),
    formats: geminiFormats,
    references: 'inline',
    mergesAllOf: true,
    oneOfAsAnyOf: true,
    constAsEnum: true,
    arraysNeedItems: true,
    noBooleans: true,
    geminiForm: true,
  },
}
