import type { Loss } from '../../model/loss.ts'
import type { Edit } from '../../wire/splice.ts'

/** Edits of a forwarded request, and what they cost. */
export class Patch {
  readonly edits: Edit[] = []
  readonly lost: Loss[] = []

  set(path: readonly (string | number)[], value: unknown): void {
    this.edits.push({ path, value })
  }

  remove(path: readonly (string | number)[]): void {
    this.edits.push({ path })
  }

  lose(loss: Loss): void {
    this.lost.push(loss)
  }
}
