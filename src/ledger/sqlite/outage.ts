/** SQLite's result codes that pass by themselves or when somebody makes room. */
const outages: ReadonlySet<number> = new Set([
  5, // busy
  6, // locked
  7, // no memory
  8, // read-only
  10, // the disk fails
  13, // the disk is full
  14, // cannot open
])

/** Whether an error says that the file cannot be used at the moment. Everything else is a bug or a broken file. */
export const isOutage = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  // The low byte; the rest says more of the same.
  outages.has(error.errcode % 256)
