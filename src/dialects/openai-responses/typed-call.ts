import { toolInput } from '../../model/tools/arguments.ts'
import { isRecord } from '../../wire/json.ts'
import type { IdPrefix } from './ids.ts'
import { filled, listOf } from './reading.ts'
import type { Item } from './shapes.ts'

/** A call of a tool that this format knows by type, without id and status. */
export interface TypedItem {
  readonly prefix: IdPrefix
  readonly fields: Item
}

type Asked = Record<string, unknown>

interface TypedForm {
  readonly prefix: IdPrefix
  readonly type: string
  /** The field that says what is to be done, made from the arguments of the function that stood for the tool. */
  readonly asked: (input: Asked) => Record<string, unknown>
}

const number = (value: unknown): number | null => (typeof value === 'number' ? value : null)

/** Models say one command as a string where a list is wanted. */
const commandsOf = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : listOf(value).filter((word) => typeof word === 'string')

const forms: Readonly<Record<string, TypedForm>> = {
  shell: {
    prefix: 'sh',
    type: 'shell_call',
    asked: (input) => ({
      action: {
        commands: commandsOf(input.commands ?? input.command),
        max_output_length: number(input.max_output_length),
        timeout_ms: number(input.timeout_ms),
      },
      environment: null,
    }),
  },
  local_shell: {
    prefix: 'lsh',
    type: 'local_shell_call',
    asked: (input) => ({
      action: {
        type: 'exec',
        command: commandsOf(input.command ?? input.commands),
        env: isRecord(input.env) ? input.env : {},
        timeout_ms: number(input.timeout_ms),
        user: filled(input.user) ?? null,
        working_directory: filled(input.working_directory) ?? null,
      },
    }),
  },
  tool_search: {
    prefix: 'tsc',
    type: 'tool_search_call',
    asked: (input) => ({ execution: 'client', arguments: input }),
  },
  apply_patch: {
    prefix: 'apc',
    type: 'apply_patch_call',
    asked: (input) => ({ operation: isRecord(input.operation) ? input.operation : input }),
  },
}

/** The call as an item of its own type; undefined for a type that is none of this format. */
export function typedItem(type: string, callId: string, text: string): TypedItem | undefined {
  const form = Object.hasOwn(forms, type) ? forms[type] : undefined
  if (!form) return undefined
  return { prefix: form.prefix, fields: { type: form.type, call_id: callId, ...form.asked(toolInput(text)) } }
}

/** The output of such a call; `text` is what the client gave. */
export function typedOutput(type: string, callId: string, text: string, isError: boolean): Item | undefined {
  switch (type) {
    case 'shell':
      return { type: 'shell_call_output', call_id: callId, output: shellOutputs(text, isError) }
    case 'local_shell':
      return { type: 'local_shell_call_output', id: callId, output: text }
    case 'apply_patch':
      return {
        type: 'apply_patch_call_output',
        call_id: callId,
        status: isError ? 'failed' : 'completed',
        ...(text !== '' && { output: text }),
      }
    default:
      return undefined
  }
}

/** The list as this format's reader kept it; any other text is the output of one command. */
function shellOutputs(text: string, isError: boolean): readonly unknown[] {
  const parsed = toolInput(text).value
  if (Array.isArray(parsed) && parsed.every((entry) => isRecord(entry) && isRecord(entry.outcome))) return parsed
  return [{ stdout: text, stderr: '', outcome: { type: 'exit', exit_code: isError ? 1 : 0 } }]
}
