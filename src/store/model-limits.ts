import type { Kysely } from 'kysely'
import type { ModelLimits } from '../model/account.ts'
import type { Tables } from './schema.ts'
import { changing } from './version.ts'

/** Limits of models, whoever asks for them. */
export interface ModelLimitRows {
  /** By pattern. */
  list(): Promise<readonly ModelLimits[]>
  /** Another of the same pattern is as it is said now. */
  save(row: ModelLimits): Promise<void>
  remove(model: string): Promise<void>
}

export const modelLimits = (db: Kysely<Tables>): ModelLimitRows => ({
  async list() {
    const rows = await db.selectFrom('model_limits').selectAll().orderBy('model').execute()
    return rows.map(({ model, limits, source }) => ({
      model,
      limits: JSON.parse(limits),
      // Only `save` writes this column.
      source: source as ModelLimits['source'],
    }))
  },
  async save({ model, limits, source }) {
    const row = { model, limits: JSON.stringify(limits), source }
    await changing(db, (inside) =>
      inside
        .insertInto('model_limits')
        .values(row)
        .onConflict((conflict) => conflict.column('model').doUpdateSet(row))
        .execute(),
    )
  },
  async remove(model) {
    await changing(db, (inside) => inside.deleteFrom('model_limits').where('model', '=', model).execute())
  },
})
