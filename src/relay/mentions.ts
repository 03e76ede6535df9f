import { type Fault, fault, ok, type Result, refuse } from '../model/fault.ts'
import type { KeyRow } from '../model/rows.ts'
import { isRecord } from '../wire/json.ts'
import { mayUse } from './admit.ts'
import { shortened } from './shortened.ts'

/** The refusal of a model that a key may not use. */
export const forbidden = (model: string, param: string): Fault =>
  fault('permission', `This key may not use the model "${shortened(model)}".`, { param })

/**
 * Bodies may name models that their vendor asks by itself (Anthropic's `fallbacks`, the model of an advisor or of a tool that
 * makes pictures): a key that may not use one does not get it by that way either. Where the vendor is to choose, only a key
 * that may use every model can let it.
 */
export function mentioned(key: KeyRow, body: Readonly<Record<string, unknown>>): Result<undefined> {
  if (key.models.includes('*')) return ok(undefined)
  for (const { name, param } of mentions(body)) if (!mayUse(key, name)) return refuse(forbidden(name, param))
  return ok(undefined)
}

interface Mention {
  readonly name: string
  readonly param: string
}

type Search = (value: unknown, param: string) => Iterable<Mention>

/** Where bodies name models, in any format; Google's servers take both spellings. */
const places: readonly (readonly [field: string, search: Search])[] = [
  ['fallbacks', listed],
  ['fallback_models', listed],
  ['moderation', within],
  ['safeguards', within],
  ['plugins', within],
  ['context_management', within],
  ['compaction', within],
  ['tools', within],
  ['input', addedIn],
  ['messages', addedIn],
  ['generationConfig', routedIn],
  ['generation_config', routedIn],
]

function* mentions(body: Readonly<Record<string, unknown>>): Generator<Mention> {
  for (const [field, search] of places) if (field in body) yield* search(body[field], field)
}

/** One name or several, or objects that hold them. */
function* listed(value: unknown, param: string): Generator<Mention> {
  if (typeof value === 'string') yield { name: value, param }
  else if (Array.isArray(value)) for (const [at, one] of value.entries()) yield* listed(one, `${param}[${at}]`)
  else yield* within(value, param)
}

const nameFields: ReadonlySet<string> = new Set(['model', 'models', 'modelName', 'model_name'])

/** What a caller says of its own functions: a `model` in there is the caller's word, and nobody is asked by it. */
const ownFields: ReadonlySet<string> = new Set([
  'input_schema',
  'input_examples',
  'output_schema',
  'format',
  'headers',
  'functionDeclarations',
  'function_declarations',
  'function',
])

function* within(value: unknown, param: string): Generator<Mention> {
  if (Array.isArray(value)) for (const [at, one] of value.entries()) yield* within(one, `${param}[${at}]`)
  else if (isRecord(value))
    for (const [field, inner] of Object.entries(value))
      if (nameFields.has(field)) yield* listed(inner, `${param}.${field}`)
      else if (!isOwn(field, value)) yield* within(inner, `${param}.${field}`)
}

const isOwn = (field: string, { type }: Readonly<Record<string, unknown>>): boolean =>
  ownFields.has(field) || (field === 'parameters' && (type === undefined || type === 'function' || type === 'custom'))

/** Turns that bring tools: OpenAI's items hold a list of them, Anthropic's blocks one. */
function* addedIn(value: unknown, param: string): Generator<Mention> {
  if (!Array.isArray(value)) return
  for (const [at, turn] of value.entries()) {
    if (!isRecord(turn)) continue
    yield* within(turn.tools, `${param}[${at}].tools`)
    if (!Array.isArray(turn.content)) continue
    for (const [block, part] of turn.content.entries())
      if (isRecord(part) && part.type === 'tool_addition') yield* within(part, `${param}[${at}].content[${block}]`)
  }
}

/** Vertex can be told which of its models is to answer. */
function* routedIn(value: unknown, param: string): Generator<Mention> {
  if (!isRecord(value)) return
  for (const field of ['routingConfig', 'routing_config']) yield* within(value[field], `${param}.${field}`)
}
