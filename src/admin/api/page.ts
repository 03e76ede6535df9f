import { z } from 'zod'
import { fault, ok, type Result, refuse } from '../../model/fault.ts'
import { line } from './text.ts'

/** What every list takes. */
export const pageFields = {
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('rows in the answer'),
  cursor: z.string().max(1_000).optional().describe('`next` of the page before'),
}

/** A page of rows; `next` is null at the end. */
export const pageOf = <Row extends z.ZodType>(row: Row) =>
  z.object({ data: z.array(row), next: z.string().nullable().describe('the cursor of the next page') })

/**
 * Reads a cursor that `writeCursor` made, as `schema` says. Undefined: the first page. Clients may do nothing with one but
 * give it back.
 */
export function readCursor<T>(cursor: string | undefined, schema: z.ZodType<T>): Result<T | undefined> {
  if (cursor === undefined) return ok(undefined)
  const parsed = schema.safeParse(parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  return parsed.success
    ? ok(parsed.data)
    : refuse(fault('invalid', 'cursor: this is none of ours', { param: 'cursor' }))
}

export const writeCursor = (place: unknown): string => Buffer.from(JSON.stringify(place)).toString('base64url')

/** Undefined is no place. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A page out of one row more than it holds: that there is one says that there is a next page. */
export function cut<Row, Told>(
  rows: readonly Row[],
  limit: number,
  tell: (row: Row) => Told,
  placeOf: (row: Row) => unknown,
): { data: Told[]; next: string | null } {
  const data = rows.slice(0, limit)
  const last = data.at(-1)
  const next = rows.length > limit && last !== undefined ? writeCursor(placeOf(last)) : null
  return { data: data.map(tell), next }
}

/** Where rows sort by their id. */
export const idCursor = line(200)
