/** Ids for what comes without. */
export interface PartIds {
  /** A function call's. */
  call(): string
  /** A vendor-run tool's. */
  run(): string
  /** The id that `run` gave last, for the result that follows. */
  lastRun(): string
}

/** Each function gives a new id at every call. */
export function partIds(call: () => string, run: () => string): PartIds {
  let last: string | undefined
  return { call, run: () => (last = run()), lastRun: () => (last ??= run()) }
}
