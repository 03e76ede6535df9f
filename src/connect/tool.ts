import type { ModelAlias } from '../model/rows.ts'
import type { FileProblem } from './edit.ts'
import type { FileSettings } from './settings.ts'

export type ToolId = 'claude' | 'codex' | 'gemini' | 'opencode'

/** What a tool is to be told. */
export interface Connection {
  /** The server's root, without `/v1` and without a slash at the end. */
  readonly url: string
  readonly key: string
  /** Absent: the server has models of the tool's own family, and its own names are left as they are. */
  readonly roles?: Roles
  /** Every model that the server lists for the key. */
  readonly models: readonly string[]
  /** Tokens that the main model reads at once, where the server knows. */
  readonly window?: number
}

/** Which models take the tool's parts. */
export interface Roles {
  readonly main: string
  /** For titles, summaries and the like. */
  readonly small: string
}

/** Where the tool's own files are looked for. */
export interface Surroundings {
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** How the tool is started with the settings for this one time. */
export interface Launch {
  /** Before the user's own. */
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Variables that would win over ours, or carry the user's own login to us. */
  readonly without: readonly string[]
  /** Private files, by their names in the folder that `launch` was given. */
  readonly files: Readonly<Record<string, string>>
  /** Names in the same folder, and what they lead to. */
  readonly links?: Readonly<Record<string, string>>
  /** A file of the user's that had to be read and cannot be: nothing is to be started. */
  readonly problem?: FileProblem
}

/** A tool that can be pointed at a server. */
export interface Tool {
  readonly id: ToolId
  readonly title: string
  /** On the npm registry. */
  readonly package: string
  readonly versions: Versions
  /** What people should know who let the settings be written. */
  readonly caveat?: string
  /** Names and globs that the tool asks for by itself. Empty: it has none. */
  readonly ownModels: readonly string[]
  /** What the tool's own names shall mean, in order: the first that matches counts. */
  aliases(roles: Roles): readonly ModelAlias[]
  files(connection: Connection, surroundings: Surroundings): readonly FileSettings[]
  /** Settings that the tool reads from its environment alone; undefined: that is not enough for it. */
  variables(connection: Connection): Readonly<Record<string, string>> | undefined
  launch(connection: Connection, start: Start): Launch
}

/** What a launch depends on. */
export interface Start extends Surroundings {
  /** Where the private files will be. */
  readonly folder: string
  /** The user's own. */
  readonly arguments: readonly string[]
}

/** `tested`: the newest that was tried. `oldest`: the oldest, and what those before it may lack. */
export interface Versions {
  readonly tested: string
  readonly oldest: string
  readonly lacks: string
}
