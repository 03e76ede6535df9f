import { argumentsOf } from '../../views/view.ts'
import {
  auto,
  type Choice,
  digest,
  gathered,
  type Json,
  list,
  placeUrl,
  propertiesOf,
  type RequestReader,
  type Said,
} from './view.ts'

export const openaiChat: RequestReader = (body) => {
  const messages = list(body.messages)
  const isSystem = ({ role }: Json) => role === 'system' || role === 'developer'
  const leading = messages.findIndex((message) => !isSystem(message))
  const [system, rest] = leading < 0 ? [messages, []] : [messages.slice(0, leading), messages.slice(leading)]
  const turns: Said[] = []
  const results: string[] = []
  const media: string[] = []
  for (const message of rest) {
    const said = textOf(message.content, media)
    if (message.role === 'tool' || message.role === 'function') results.push(said)
    else turns.push({ role: message.role === 'assistant' ? 'assistant' : 'user', text: said })
  }
  const format = body.response_format
  return gathered({
    system: system.map(({ content }) => textOf(content, [])).join('\n\n'),
    turns,
    results,
    media,
    calls: rest.flatMap((message) =>
      list(message.tool_calls).map((call) => ({
        name: call.function?.name ?? call.custom?.name,
        args: call.custom ? { input: call.custom.input } : argumentsOf(call.function?.arguments),
      })),
    ),
    tools: list(body.tools).flatMap((tool) => {
      if (tool.function) return [{ name: tool.function.name, schema: tool.function.parameters }]
      return tool.custom ? [{ name: tool.custom.name, schema: { properties: { input: {} } } }] : []
    }),
    choice: choiceOf(body.tool_choice),
    maxOutput: body.max_completion_tokens ?? body.max_tokens,
    temperature: body.temperature,
    topP: body.top_p,
    stop: [body.stop ?? []].flat(),
    output: format && format.type !== 'text' ? propertiesOf(format.json_schema?.schema ?? {}) : undefined,
  })
}

function textOf(content: unknown, media: string[]): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => {
      if (part.image_url) return placeUrl(part.image_url.url ?? part.image_url, media)
      if (part.document_url) return placeUrl(part.document_url, media)
      if (part.file) return placeUrl(part.file.file_data ?? part.file.file_id, media)
      if (part.input_audio) media.push(digest(part.input_audio.data.replace(/^data:[^,]*,/, '')))
      return part.text ?? part.refusal ?? ''
    })
    .join('\n\n')
}

function choiceOf(choice: Json | string | undefined): Choice {
  if (!choice) return auto
  // The words of this format are ours, but for Mistral's `any`.
  if (typeof choice === 'string') return { mode: choice === 'any' ? 'required' : (choice as Choice['mode']) }
  const allowed = choice.allowed_tools
  if (!allowed) return { mode: 'required', only: [choice.function?.name ?? choice.custom?.name] }
  return { mode: allowed.mode, only: list(allowed.tools).map((tool) => tool.function?.name ?? tool.custom?.name) }
}
