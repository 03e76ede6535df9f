import { argumentsOf } from '../../views/view.ts'
import {
  auto,
  type Choice,
  gathered,
  type Json,
  list,
  placeUrl,
  propertiesOf,
  type RequestReader,
  type Said,
  type View,
} from './view.ts'

export const openaiResponses: RequestReader = (body) => {
  const items: Json[] = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : list(body.input)
  const isSystem = ({ role }: Json) => role === 'system' || role === 'developer'
  const leading = items.findIndex((item) => !isSystem(item))
  const [system, rest] = leading < 0 ? [items, []] : [items.slice(0, leading), items.slice(leading)]
  const turns: Said[] = []
  const results: string[] = []
  const media: string[] = []
  const calls: View['calls'][number][] = []
  for (const item of rest) {
    if (item.role)
      turns.push({ role: item.role === 'assistant' ? 'assistant' : 'user', text: textOf(item.content, media) })
    if (item.type === 'function_call') calls.push({ name: nameOf(item), args: argumentsOf(item.arguments) })
    if (item.type === 'custom_tool_call') calls.push({ name: nameOf(item), args: { input: item.input } })
    if (item.type === 'function_call_output' || item.type === 'custom_tool_call_output')
      results.push(textOf(item.output, media))
  }
  const format = body.text?.format
  return gathered({
    system: [body.instructions ?? '', ...system.map(({ content }) => textOf(content, []))].join('\n\n'),
    turns,
    results,
    media,
    calls,
    tools: [
      ...list(body.tools),
      ...rest.flatMap((item) => (/^(?:additional_tools|tool_search_output)$/.test(item.type) ? list(item.tools) : [])),
    ].flatMap(toolsOf),
    choice: choiceOf(body.tool_choice),
    maxOutput: body.max_output_tokens,
    temperature: body.temperature,
    topP: body.top_p,
    stop: [],
    output: format && format.type !== 'text' ? propertiesOf(format.schema ?? {}) : undefined,
  })
}

/** A function of a namespace is called by both names elsewhere; one that tool search put into its own name's stays itself. */
const nameOf = ({ name, namespace }: Json): string => (namespace && namespace !== name ? `${namespace}__${name}` : name)

function toolsOf(tool: Json): { name: string; schema: unknown }[] {
  if (tool.type === 'namespace')
    return list(tool.tools).map((inner) => ({
      name: nameOf({ ...inner, namespace: tool.name }),
      schema: inner.parameters,
    }))
  if (tool.type === 'function') return [{ name: tool.name, schema: tool.parameters }]
  return tool.type === 'custom' ? [{ name: tool.name, schema: { properties: { input: {} } } }] : []
}

function textOf(content: unknown, media: string[]): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => {
      const held = part.image_url ?? part.file_data ?? part.file_url ?? part.file_id
      if (held) return placeUrl(held, media)
      return part.text ?? part.refusal ?? ''
    })
    .join('\n\n')
}

function choiceOf(choice: Json | string | undefined): Choice {
  if (!choice) return auto
  // The words of this format are ours.
  if (typeof choice === 'string') return { mode: choice as Choice['mode'] }
  if (choice.tools) return { mode: choice.mode, only: list(choice.tools).map(({ name }) => name) }
  return { mode: 'required', only: [choice.name] }
}
