import type { ClosedCredential } from './channels.ts'

/** A credential that cannot be opened, and since when this process knows it. */
export interface KnownClosed extends ClosedCredential {
  readonly sinceMs: number
}

/** Remembers which credentials cannot be opened, so that each is told once and not at every look. */
export interface ClosedBook {
  /** Those of the latest look, all of them. */
  note(found: readonly ClosedCredential[]): readonly KnownClosed[]
}

export interface ClosedBookParts {
  readonly clock: () => number
  onFound(credential: KnownClosed): void
}

export function closedBook({ clock, onFound }: ClosedBookParts): ClosedBook {
  let known: ReadonlyMap<string, KnownClosed> = new Map()
  return {
    note(found) {
      const before = known
      const now = found.map((one) => ({ ...one, sinceMs: before.get(one.id)?.sinceMs ?? clock() }))
      known = new Map(now.map((one) => [one.id, one]))
      for (const one of now) if (!before.has(one.id)) onFound(one)
      return now
    },
  }
}
