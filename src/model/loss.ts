/**
 * Something that the target format could not carry, by the client's own name of it (`top_k`, `messages[2].name`).
 * Told in `x-causeway-lost` and in the log; refused where the client asks for strictness, but for what was `forgotten`.
 */
export interface Loss {
  readonly field: string
  /**
   * `dropped`: not sent at all. `changed`: sent with another value (clamped, moved, rendered as text). `forgotten`: opaque
   * state of another vendor in the history, which the client cannot repair.
   */
  readonly how: 'dropped' | 'changed' | 'forgotten'
}

export const dropped = (field: string): Loss => ({ field, how: 'dropped' })
export const forgotten = (field: string): Loss => ({ field, how: 'forgotten' })
export const changed = (field: string): Loss => ({ field, how: 'changed' })

/** The header's value: each field once, in order, at most 1 KiB. */
export function tellLosses(losses: readonly Loss[]): string {
  let line = ''
  for (const field of new Set(losses.map((loss) => loss.field.replace(/[^\x21-\x7e]|,/g, '_')))) {
    const longer = line === '' ? field : `${line}, ${field}`
    if (longer.length > 1024) break
    line = longer
  }
  return line
}
