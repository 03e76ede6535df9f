import { StoreOutage } from './outage.ts'

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
export const isSqliteOutage = (error: unknown): boolean => outages.has(codeOf(error))

const broken: ReadonlySet<number> = new Set([
  11, // corrupt
  26, // not a database
])

/** What an error of SQLite's means for whoever asked; a bug stays what it is. */
export const sqliteFault = (error: unknown, path: string): unknown =>
  isSqliteOutage(error) ? new StoreOutage(error) : openingFault(error, path)

/** What it means for whoever opens a file: an error that says what to do where somebody must do something. */
export const openingFault = (error: unknown, path: string): unknown =>
  broken.has(codeOf(error)) ? new Error(`the database ${path} ${advice}`, { cause: error }) : error

/** The low byte; the rest says more of the same. */
const codeOf = (error: unknown): number =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode % 256 : 0

const advice =
  'is damaged, or is none of this program: put a copy from before in its place, or name another directory with --data. Nothing in it was changed'
