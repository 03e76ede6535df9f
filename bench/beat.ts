/** Calls each of many listeners once a period. Groups are told one after the other, so that not all speak at once. */
export function beat({ periodMs, groups }: { readonly periodMs: number; readonly groups: number }) {
  const rows = Array.from({ length: groups }, () => new Set<() => void>())
  let joined = 0
  let at = 0
  setInterval(() => {
    at = (at + 1) % groups
    for (const call of rows[at] ?? []) call()
  }, periodMs / groups)
  /** Joins; the answer leaves again. */
  return (call: () => void): (() => void) => {
    const row = rows[joined++ % groups]
    row?.add(call)
    return () => row?.delete(call)
  }
}
