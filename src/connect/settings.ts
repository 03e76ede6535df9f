import type { Edit } from './edit.ts'
import type { FormatId } from './formats/index.ts'

/** What shall stand in one of a tool's configuration files. */
export interface FileSettings {
  readonly path: string
  readonly format: FormatId
  readonly edits: readonly Edit[]
  /** It holds the key, so nobody else may read it. */
  readonly isSecret: boolean
  /** A table of ours by name: with other contents it is somebody else's, and the file is refused. */
  readonly claim?: readonly string[]
}
