import type { Edit, Tree } from '../edit.ts'

export type Parsed =
  | { readonly ok: true; readonly tree: Tree }
  | { readonly ok: false; readonly line: number; readonly message: string }

/**
 * Reads and edits one kind of configuration file. Texts come without a byte order mark. Everything but the edited values
 * stays as it is: comments, order, indentation, line ends.
 */
export interface Format {
  parse(text: string): Parsed
  /** Only for a text that parses, and where the parents of every edit are absent or hold names. */
  apply(text: string, edits: readonly Edit[]): string
  /** The line, from 1, where the value at `path` stands. */
  lineOf(text: string, path: readonly string[]): number | undefined
}

/** As most lines of the text end; `\n` for a text of one line. */
export const lineEnd = (text: string): '\r\n' | '\n' => (text.includes('\r\n') ? '\r\n' : '\n')

export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length
