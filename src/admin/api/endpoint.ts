import { z } from 'zod'
import type { Result } from '../../model/fault.ts'
import type { Role } from '../../model/role.ts'
import type { Actor, Admin } from '../admin.ts'
import { line } from './text.ts'

/** One row of the management API: what it takes, what it gives, who may ask, and what it does. */
export interface Endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/api`, as OpenAPI writes it: `/keys/{id}`. */
  readonly path: string
  /** The least that a token needs. `open`: none is needed. */
  readonly role: Role | 'open'
  /** Bytes. */
  readonly bodyLimit: number
  readonly summary: string
  /** Absent parts take nothing: whatever is sent there is refused by name. */
  readonly params?: Params
  /** Listens to `Idempotency-Key`. */
  readonly isOnce?: true
  readonly query?: Query
  readonly body?: Body
  /** What is not in it never leaves: answers are cut to it. */
  readonly answer: Answer
  /** 200 where absent. */
  readonly status?: 201
  run(call: Call<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<Result<z.input<Answer>>>
}

export interface Call<Params = unknown, Query = unknown, Body = unknown> {
  readonly admin: Admin
  readonly actor: Actor
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** The header of that name: the same request, asked again, is done once. */
  readonly idempotencyKey: string | undefined
}

/** Nothing, and nothing else. */
export const nothing = z.strictObject({})

/** A row whose handler gets what its own schemas have read. */
export const endpoint = <
  Params extends z.ZodType = typeof nothing,
  Query extends z.ZodType = typeof nothing,
  Body extends z.ZodType = typeof nothing,
  Answer extends z.ZodType = typeof nothing,
>(
  row: Endpoint<Params, Query, Body, Answer>,
): Endpoint => row

/** Most bodies are a few fields. */
export const smallBody = 16_384
/** No body is wanted. */
export const noBody = 1_024

export const byId = z.strictObject({ id: line(200) })
