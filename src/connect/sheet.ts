import { formats } from './formats/index.ts'
import { shortKey } from './mask.ts'
import type { FileSettings } from './settings.ts'
import type { Connection, Surroundings, Tool } from './tool.ts'

/** What a sheet says beside the settings. */
export interface SheetNotes {
  /** The commands that start the tool, and that write the settings. */
  readonly run: string
  readonly write: string
  readonly isNewKey: boolean
  /** Absent where the key is not kept here. */
  readonly keyPath?: string
}

/** The settings of a tool for people to read and copy. A key is shown whole only when it was just made. */
export function sheet(tool: Tool, connection: Connection, surroundings: Surroundings, notes: SheetNotes): string {
  const shown = notes.isNewKey ? connection.key : shortKey(connection.key)
  const files = tool.files({ ...connection, key: shown }, surroundings)
  const variables = tool.variables({ ...connection, key: shown })
  return [
    ...facts(connection, shown, notes),
    '',
    'Start it with these settings, this once:',
    indented(notes.run),
    '',
    'Or let them be written into its configuration (the difference is shown, a backup is made):',
    indented(notes.write),
    ...files.flatMap((file) => ['', `Or put them there yourself, into ${file.path}:`, indented(asText(file))]),
    ...(variables ? ['', 'Or into the shell:', ...exports(variables, shown, notes)] : []),
  ].join('\n')
}

function facts({ roles, url }: Connection, shown: string, { isNewKey, keyPath }: SheetNotes): string[] {
  const where = keyPath === undefined ? '' : ` (${isNewKey ? 'new, shown this once; kept in' : 'in'} ${keyPath})`
  return [
    `server  ${url}`,
    `key     ${shown}${where}`,
    ...(roles ? [`model   ${roles.main}${roles.small === roles.main ? '' : `, small: ${roles.small}`}`] : []),
  ]
}

/** What the file would be if it held nothing else. */
const asText = ({ edits, format }: FileSettings): string =>
  formats[format].apply(
    '',
    edits.filter(({ value }) => value !== undefined),
  )

const indented = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')

/** A key that is kept in a file is read from there, so that the lines work as they stand. */
const exports = (
  variables: Readonly<Record<string, string>>,
  shown: string,
  { isNewKey, keyPath }: SheetNotes,
): string[] =>
  Object.entries(variables).map(([name, value]) => {
    const isRead = value === shown && !isNewKey && keyPath !== undefined
    return `  export ${name}=${isRead ? `"$(cat '${keyPath.replaceAll("'", `'\\''`)}')"` : `'${value.replaceAll("'", `'\\''`)}'`}`
  })
