import { isDeepStrictEqual } from 'node:util'
import type { Result } from '../model/fault.ts'
import { newId } from '../store/secrets.ts'
import type { Inside } from '../store/store.ts'
import type { Actor, Admin } from './admin.ts'

/** What was done to one thing. `before` and `after` are as answers tell it, so that no secret is in them. */
export interface Deed {
  /** `key.create`, `channel.update`, `account.credit`. */
  readonly action: string
  /** The id of what was changed. */
  readonly subject: string
  readonly before?: unknown
  readonly after?: unknown
}

/**
 * Changes the store and says so in the audit log, both or neither; then the relay knows. What `run` refuses must not have
 * been written: it looks first. Nothing of the outside may be asked inside.
 */
export async function change<T>(
  { relay, refresh }: Admin,
  actor: Actor,
  run: (inside: Inside, note: (deed: Deed) => Promise<void>) => Promise<Result<T>>,
): Promise<Result<T>> {
  const changed = await relay.store.together((inside) =>
    run(inside, async ({ action, subject, ...change }) => {
      const atMs = relay.clock()
      await inside.audit.add({
        id: newId('aud', atMs),
        atMs,
        actor: actor.id,
        address: actor.address,
        action,
        subject,
        change: differing(change),
      })
    }),
  )
  if (changed.ok) await refresh()
  return changed
}

/** Of two records, the fields that differ; what was made or taken away is told whole. */
function differing({ before, after }: Pick<Deed, 'before' | 'after'>): Record<string, unknown> {
  if (!isPlain(before) || !isPlain(after))
    return { ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const changed = fields.filter((field) => !isDeepStrictEqual(before[field], after[field]))
  const only = (record: Record<string, unknown>) => Object.fromEntries(changed.map((field) => [field, record[field]]))
  return { before: only(before), after: only(after) }
}

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
