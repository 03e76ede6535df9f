import { isRecord } from '../../wire/json.ts'
import { asList, asRecord, type Untyped } from '../untyped.ts'
import { SHAPES } from './shapes.ts'

/** A body with its field names in camelCase, or what the API's parser would not take. */
export type ProtoResult = { readonly body: Untyped } | { readonly violations: readonly string[] }

/**
 * Reads a body the way the API parses it into its messages: either spelling of a name will do, an unknown name will not.
 * What is free in a shape keeps the names it has.
 */
export function readProto(body: Untyped, shape: 'request' | 'countRequest'): ProtoResult {
  const violations: string[] = []
  const read = asRecord(readMessage(body, { shape, path: '', violations }))
  return violations.length > 0 ? { violations } : { body: read }
}

interface Site {
  readonly shape: string
  /** In the API's own spelling, as its messages name it. */
  readonly path: string
  readonly violations: string[]
}

function readMessage(value: unknown, site: Site): unknown {
  if (Array.isArray(value))
    return value.map((item, index) => readMessage(item, { ...site, path: `${site.path}[${index}]` }))
  if (!isRecord(value)) {
    site.violations.push(`Invalid value at '${site.path}' (${site.shape}), ${JSON.stringify(value)}`)
    return {}
  }
  const known = Object.entries(value).filter(([, field]) => field !== null)
  return Object.fromEntries(known.flatMap(([name, field]) => readField(name, field, site)))
}

function readField(name: string, value: unknown, site: Site): readonly (readonly [string, unknown])[] {
  const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const fields = SHAPES[site.shape] ?? {}
  const kind = Object.hasOwn(fields, camel) ? fields[camel] : undefined
  if (kind === undefined) {
    const where = site.path === '' ? '' : ` at '${site.path}'`
    site.violations.push(`Unknown name "${name}"${where}: Cannot find field.`)
    return []
  }
  const path = [site.path, snake(camel)].filter(Boolean).join('.')
  return [[camel, readKind(kind, value, { ...site, path })]]
}

function readKind(kind: string, value: unknown, site: Site): unknown {
  const [arrow, shape = ''] = kind.split(' ')
  if (arrow === '->') return readMessage(value, { ...site, shape })
  if (arrow === '=>') return readMap(value, { ...site, shape })
  const accepts = SCALARS[kind]
  const wrong = accepts && (kind === 'strings' ? asList(value) : [value]).find((item) => !accepts(item))
  if (wrong !== undefined) {
    site.violations.push(`Invalid value at '${site.path}' (TYPE_${kind.toUpperCase()}), ${JSON.stringify(wrong)}`)
  }
  return value
}

const readMap = (value: unknown, site: Site): Untyped =>
  Object.fromEntries(
    Object.entries(asRecord(value)).map(([name, item]) => [
      name,
      readMessage(item, { ...site, path: `${site.path}[${name}]` }),
    ]),
  )

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  strings: (value) => typeof value === 'string',
  object: isRecord,
  // Both alphabets are read; only the standard one is written.
  bytes: (value) =>
    typeof value === 'string' && /^[A-Za-z\d+/_-]*={0,2}$/.test(value) && value.replace(/=+$/, '').length % 4 !== 1,
}

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
