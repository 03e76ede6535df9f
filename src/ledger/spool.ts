import type { Command } from './command.ts'

/** Commands that must not be lost though the database is away. */
export interface Spool {
  /** What was kept before and not cleared. */
  readonly left: readonly Command[]
  /** Durable when it resolves with true; false: there is no room, or no disk. */
  keep(command: Command): Promise<boolean>
  /** Forgets all, once everything that was kept is written. */
  clear(): Promise<void>
  close(): Promise<void>
}
