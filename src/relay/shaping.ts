import { type BodyShape, pathOf, type Shaping } from '../model/shaping.ts'
import { isRecord, parseJson } from '../wire/json.ts'
import { type Edit, type JsonPath, splice } from '../wire/splice.ts'

type Body = Uint8Array | Record<string, unknown>

/** The channel's own headers laid over those that a request has. Secrets come after, and are nobody's to replace. */
export function shapedHeaders(headers: Record<string, string>, shaping: Shaping | undefined): Record<string, string> {
  if (!shaping?.headers) return headers
  const { remove = [], set } = shaping.headers
  const kept = Object.entries(headers).filter(([name]) => !remove.includes(name.toLowerCase()))
  return { ...Object.fromEntries(kept), ...set }
}

/** The channel's own fields in a body: removed first, then set. Bytes are spliced, so that the others stay as they came. */
export function shapedBody<T extends Body>(body: T, shaping: Shaping | undefined): Body {
  if (!shaping?.body) return body
  if (!(body instanceof Uint8Array)) return shapedRecord(body, shaping.body)
  const parsed = parseJson(body)
  if (!parsed.ok || !isRecord(parsed.value)) throw new Error('the body was read before')
  return splice(body, editsOf(parsed.value, shaping.body))
}

const shapedRecord = (body: Record<string, unknown>, shape: BodyShape): Record<string, unknown> => {
  // What was written for an upstream is plain data, and stays an object: no path is empty.
  const bytes = splice(Buffer.from(JSON.stringify(body)), editsOf(body, shape))
  return JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>
}

/** In the words of `splice`, for which parents must be there and positions are numbers. */
function editsOf(body: Readonly<Record<string, unknown>>, { remove = [], set = {} }: BodyShape): readonly Edit[] {
  return [
    ...remove.map((path): Edit => ({ path: placeOf(body, pathOf(path)).path })),
    ...Object.entries(set).map(([path, value]): Edit => {
      const { missing, path: found } = placeOf(body, pathOf(path))
      return { path: found, value: missing.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) }
    }),
  ]
}

/** The path down to the first member that is not there, and the names that are to be made below it. */
function placeOf(
  body: Readonly<Record<string, unknown>>,
  steps: readonly string[],
): { readonly path: JsonPath; readonly missing: readonly string[] } {
  const path: (string | number)[] = []
  let value: unknown = body
  for (const [at, step] of steps.entries()) {
    const isPosition = Array.isArray(value) && /^\d+$/.test(step)
    path.push(isPosition ? Number(step) : step)
    const next: unknown = Array.isArray(value) ? value[Number(step)] : isRecord(value) ? value[step] : undefined
    const isParent = Array.isArray(next) || isRecord(next)
    if (!isParent) return { path, missing: steps.slice(at + 1) }
    value = next
  }
  return { path, missing: [] }
}
