import type { DialectId } from '../dialect.ts'
import type { JsonSchema } from '../request.ts'

/** What the vendor's model knows of a typed tool by heart, written out for other models. */
export interface TypedForm {
  readonly dialect: DialectId
  /** Which of the dialect's tool types it is for. */
  readonly type: RegExp
  readonly description: string
  readonly schema: JsonSchema
}

const string = (description: string): JsonSchema => ({ type: 'string', description })
const integer = (description: string): JsonSchema => ({ type: 'integer', description })
const choice = (...values: readonly string[]): JsonSchema => ({ type: 'string', enum: values })
const object = (properties: Readonly<Record<string, JsonSchema>>, ...required: readonly string[]): JsonSchema => ({
  type: 'object',
  properties,
  required,
})

const lineRange: JsonSchema = {
  type: 'array',
  items: { type: 'integer' },
  description: 'For view: first and last line, counted from 1; -1 as the last means the end of the file.',
}
const fileText = string('For create: the whole content of the file.')
const oldText = string('For str_replace: the text to replace. It must occur exactly once, white space included.')
const newText = string('For str_replace: the text to put in its place.')
const insertLine = integer('For insert: the line after which to insert; 0 is the beginning of the file.')
const insertText = string('For insert: the text to insert.')

const editing = {
  view_range: lineRange,
  file_text: fileText,
  old_str: oldText,
  new_str: newText,
  insert_line: insertLine,
}
const editPath = string('Absolute path of the file or directory.')

/**
 * Inputs of the tools that clients run and vendors describe.
 * @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/bash-tool
 * @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/text-editor-tool
 * @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/memory-tool
 * @see https://platform.openai.com/docs/guides/tools-shell
 * @see https://platform.openai.com/docs/guides/tools-local-shell
 * @see https://platform.openai.com/docs/guides/tools-apply-patch
 * @see https://platform.openai.com/docs/guides/tools-tool-search
 */
export const typedForms: readonly TypedForm[] = [
  {
    dialect: 'anthropic-messages',
    type: /^bash_\d+$/,
    description:
      'Runs a command in a bash session that keeps its state between calls. Set restart to begin a new session.',
    schema: object({
      command: string('The command to run. Needed unless restart is set.'),
      restart: { type: 'boolean', description: 'Restarts the session instead of running a command.' },
    }),
  },
  {
    dialect: 'anthropic-messages',
    type: /^text_editor_2024\d+$|^text_editor_20250124$/,
    description: 'Views, creates and edits text files. undo_edit takes back the last edit of the file.',
    schema: object(
      {
        command: choice('view', 'create', 'str_replace', 'insert', 'undo_edit'),
        path: editPath,
        ...editing,
        new_str: string('For str_replace: the text to put in its place. For insert: the text to insert.'),
      },
      'command',
      'path',
    ),
  },
  {
    dialect: 'anthropic-messages',
    type: /^text_editor_\d+$/,
    description: 'Views, creates and edits text files.',
    schema: object(
      {
        command: choice('view', 'create', 'str_replace', 'insert'),
        path: editPath,
        ...editing,
        insert_text: insertText,
      },
      'command',
      'path',
    ),
  },
  {
    dialect: 'anthropic-messages',
    type: /^memory_\d+$/,
    description:
      'Keeps notes in files below /memories that last longer than this conversation. View the directory before starting a task.',
    schema: object(
      {
        command: choice('view', 'create', 'str_replace', 'insert', 'delete', 'rename'),
        path: string('Path below /memories. Not used by rename.'),
        ...editing,
        insert_text: insertText,
        old_path: string('For rename: the present path.'),
        new_path: string('For rename: the new path.'),
      },
      'command',
    ),
  },
  {
    dialect: 'openai-responses',
    type: /^shell$/,
    description: 'Runs shell commands and returns what each of them printed and how it ended.',
    schema: object(
      {
        commands: {
          type: 'array',
          items: { type: 'string' },
          description: 'The commands, which may run at the same time.',
        },
        timeout_ms: integer('Milliseconds after which the commands are ended.'),
        max_output_length: integer('Most characters of output to return.'),
      },
      'commands',
    ),
  },
  {
    dialect: 'openai-responses',
    type: /^local_shell$/,
    description: 'Runs a program on the local machine and returns what it printed.',
    schema: object(
      {
        command: { type: 'array', items: { type: 'string' }, description: 'The program and its arguments.' },
        env: { type: 'object', additionalProperties: { type: 'string' }, description: 'Environment variables to set.' },
        timeout_ms: integer('Milliseconds after which the program is ended.'),
        user: string('The user to run as.'),
        working_directory: string('The directory to run in.'),
      },
      'command',
    ),
  },
  {
    dialect: 'openai-responses',
    type: /^tool_search$/,
    description: 'Searches for tools that are not listed yet. Those that it finds can be called from then on.',
    schema: object({ query: string('What the tool should do.'), limit: integer('Most tools to return.') }, 'query'),
  },
  {
    dialect: 'openai-responses',
    type: /^apply_patch$/,
    description:
      'Creates, updates or deletes one file. diff is in the V4A format: sections that begin with @@, lines that begin with a space, + or -. A new file has only + lines.',
    schema: object(
      {
        type: choice('create_file', 'update_file', 'delete_file'),
        path: string('Path of the file, relative to the workspace.'),
        diff: string('What to change. Not used by delete_file.'),
      },
      'type',
      'path',
    ),
  },
]
