import type { ChatRequest, CustomTool, FunctionTool, JsonSchema, Tool, TypedTool } from '../../model/request.ts'
import { cleanSchema, satisfiesStrict } from '../../model/schema.ts'
import { offeredTools } from '../../model/tools/choice.ts'
import { freeTextSchema, fullDescription, functionForm } from '../../model/tools/typed.ts'
import { isVitalTool } from '../../model/vital.ts'
import { isRecord } from '../../wire/json.ts'
import { listOf } from './reading.ts'
import { writeServer } from './server-tools-write.ts'
import type { WireTool } from './shapes.ts'
import { bringsTools } from './tools-read.ts'
import type { Writing } from './writing.ts'

/** The tools to declare. Those of one namespace stand together where its first one stood. */
export function writeTools(request: ChatRequest, writing: Writing): WireTool[] {
  const offered = writing.quirks.allowedTools ? request.tools : offeredTools(request)
  const brought = broughtNames(request, writing)
  const written: WireTool[] = []
  const spaces = new Map<string, WireTool[]>()
  for (const tool of offered) {
    if (tool.kind === 'function' && brought.has(tool.name) && !tool.deferred) continue
    const wire = writeTool(tool, writing)
    if (!wire) continue
    const namespace = 'namespace' in tool && writing.quirks.namespaces ? tool.namespace : undefined
    const space =
      namespace === undefined ? written : (spaces.get(namespace) ?? openSpace(namespace, tool, spaces, written))
    space.push(wire)
  }
  if (request.output.modalities?.includes('image')) written.push(...pictures(request, writing))
  return written
}

/** Pictures are made by a tool here, not by the model itself. */
function pictures({ tools }: ChatRequest, writing: Writing): WireTool[] {
  if (!writing.quirks.opaqueItems) writing.refuse('modalities', 'This model does not answer in pictures.')
  return tools.some((tool) => tool.kind === 'opaque' && tool.type === 'image_generation')
    ? []
    : [{ type: 'image_generation' }]
}

function openSpace(name: string, first: Tool, spaces: Map<string, WireTool[]>, written: WireTool[]): WireTool[] {
  const tools: WireTool[] = []
  const said = first.kind === 'function' || first.kind === 'custom' ? first.native?.namespace_description : undefined
  spaces.set(name, tools)
  written.push({ type: 'namespace', name, description: typeof said === 'string' ? said : name, tools })
  return tools
}

/** Tools that an item of the history declares already. */
function broughtNames(request: ChatRequest, { quirks }: Writing): ReadonlySet<unknown> {
  if (!quirks.opaqueItems) return new Set()
  const values = request.turns.flatMap((turn) =>
    turn.parts.map((part) => (part.kind === 'opaque' ? part.value : undefined)),
  )
  return new Set(
    values.filter(bringsTools).flatMap((item) =>
      listOf(item.tools)
        .filter(isRecord)
        .map((tool) => tool.name),
    ),
  )
}

function writeTool(tool: Tool, writing: Writing): WireTool | undefined {
  switch (tool.kind) {
    case 'function':
      return writeFunction(tool, writing)
    case 'custom':
      return writing.quirks.customTools ? writeCustom(tool, writing) : writeFunction(asFunction(tool), writing)
    case 'typed':
      return writeTyped(tool, writing)
    case 'server':
      return writeServer(tool, writing)
    case 'opaque':
      if (tool.dialect === 'openai-responses' && writing.quirks.opaqueItems && isRecord(tool.value))
        return { ...tool.value, type: tool.type }
      if (isVitalTool(tool)) writing.refuse('tools', `This model has no tool of type ${tool.type}.`)
      writing.drop(tool.type)
      return undefined
  }
}

/** `strict` is always written: left out it would mean true, and most schemas would be refused. */
function writeFunction(tool: FunctionTool, writing: Writing): WireTool {
  const { parameters, strict } = strictly(
    tool.schema ?? { type: 'object', properties: {} },
    tool.strict === true,
    writing,
  )
  const description = fullDescription(tool)
  return {
    type: 'function',
    name: nameOf(tool, writing),
    ...(description !== undefined && { description }),
    parameters,
    strict,
    ...ownFields(tool, writing),
  }
}

const nameOf = (tool: FunctionTool | CustomTool, { quirks, names }: Writing): string =>
  tool.namespace !== undefined && quirks.namespaces ? tool.name : names.wire(tool)

/** Strict only if the schema is: a schema is never bent to be, the client's own check of the arguments would notice. */
function strictly(
  schema: JsonSchema,
  isWanted: boolean,
  writing: Writing,
): { parameters: JsonSchema; strict: boolean } {
  if (isWanted) {
    const cleaned = cleanSchema(schema, 'openai-strict')
    if (satisfiesStrict(cleaned.schema)) return { parameters: cleaned.schema, strict: true }
    writing.change('strict')
  }
  return { parameters: cleanSchema(schema, 'openai-loose').schema, strict: false }
}

function ownFields(tool: FunctionTool | CustomTool, writing: Writing): Record<string, unknown> {
  const { namespace_description: _, ...native } = tool.native ?? {}
  const isOwn = writing.quirks.opaqueItems && isOwnFields(native)
  if (!isOwn) for (const field of Object.keys(native)) writing.drop(field)
  return { ...(tool.deferred && writing.quirks.opaqueItems && { defer_loading: true }), ...(isOwn && native) }
}

/** Fields of this format's own tools. A tool of another format may carry others. */
const toolFields: ReadonlySet<string> = new Set(['allowed_callers', 'output_schema', 'async'])
const isOwnFields = (native: Record<string, unknown>): boolean =>
  Object.keys(native).every((field) => toolFields.has(field))

const asFunction = (tool: CustomTool): FunctionTool => {
  const { grammar: _, ...rest } = tool
  const description = fullDescription(tool)
  return {
    ...rest,
    kind: 'function',
    ...(description !== undefined && { description }),
    schema: freeTextSchema,
    strict: false,
  }
}

function writeCustom(tool: CustomTool, writing: Writing): WireTool {
  return {
    type: 'custom',
    name: nameOf(tool, writing),
    ...(tool.description !== undefined && { description: tool.description }),
    ...(tool.grammar && { format: { type: 'grammar', ...tool.grammar } }),
    ...ownFields(tool, writing),
  }
}

function writeTyped(tool: TypedTool, writing: Writing): WireTool | undefined {
  if (tool.dialect === 'openai-responses' && writing.quirks.typedTools.includes(tool.type))
    return { ...tool.value, type: tool.type }
  const form = functionForm(tool)
  if (form) return writeFunction(form, writing)
  writing.refuse('tools', `This model has no tool of type ${tool.type}.`)
  return undefined
}
