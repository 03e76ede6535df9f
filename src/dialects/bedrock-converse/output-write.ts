import { changed } from '../../model/loss.ts'
import type { ChatRequest, JsonSchema } from '../../model/request.ts'
import { cleanSchema } from '../../model/schema.ts'
import type { Written } from '../dialect.ts'
import type { WireRequest, WireTool } from './shapes.ts'
import type { Writing } from './writing.ts'

/** How the form of the answer is asked for: natively, by a tool that must be called, or in words. */
export interface OutputWritten {
  readonly fields: Pick<WireRequest, 'outputConfig'>
  /** More instructions. */
  readonly system?: string
  /** The tool whose arguments are the answer. */
  readonly tool?: WireTool
  readonly emulate: Pick<NonNullable<Written['emulate']>, 'textFromTool' | 'textFromValue'>
}

const plain: OutputWritten = { fields: {}, emulate: {} }
const toolName = 'answer'

/** `canForce`: no tool of the client's and no thinking stands in the way of a forced call. */
export function writeOutput({ output }: ChatRequest, canForce: () => boolean, to: Writing): OutputWritten {
  const { format } = output
  if (format.kind === 'text') return plain
  if (format.kind === 'json') return inWords('Reply with one JSON object only.', to)
  if (format.kind === 'enum') {
    const value = { type: 'string', enum: [...format.values] }
    const schema = { type: 'object', properties: { value }, required: ['value'], additionalProperties: false }
    const asked = bySchema({ schema, name: 'value' }, canForce, to)
    return { ...asked, emulate: { ...asked.emulate, textFromValue: true } }
  }
  return bySchema(format, canForce, to)
}

interface Wanted {
  readonly schema: JsonSchema
  readonly name?: string
  readonly description?: string
}

function bySchema(wanted: Wanted, canForce: () => boolean, to: Writing): OutputWritten {
  const { description } = wanted
  const { schema, lost } = cleanSchema(wanted.schema, 'anthropic-strict')
  if (lost.length > 0) to.lost.push(changed('response_format'))
  if (to.traits.schemaOutput && to.capabilities.schemaOutput) {
    const jsonSchema = {
      schema: JSON.stringify(schema),
      name: (wanted.name ?? 'response').replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64),
      ...(description !== undefined && { description }),
    }
    return { ...plain, fields: { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } } }
  }
  if (!canForce())
    return inWords(`Reply with one JSON object only. It must match this JSON schema:\n${JSON.stringify(schema)}`, to)
  const said = description ?? 'Gives the answer. Call it exactly once.'
  const tool = { toolSpec: { name: toolName, description: said, inputSchema: { json: { ...schema } } } }
  return { fields: {}, tool, emulate: { textFromTool: toolName } }
}

function inWords(system: string, to: Writing): OutputWritten {
  to.lost.push(changed('response_format'))
  return { ...plain, system }
}
