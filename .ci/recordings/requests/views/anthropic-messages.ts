import {
  auto,
  type Choice,
  digest,
  either,
  gathered,
  type Json,
  list,
  propertiesOf,
  type RequestReader,
  type Said,
  textOfMedium,
  type View,
} from './view.ts'

/** Tools whose schema the vendor knows and that the client runs. */
const typed = /^(?:bash|text_editor|memory)_\d+$/

export const anthropicMessages: RequestReader = (body) => {
  const turns: Said[] = []
  const calls: View['calls'][number][] = []
  const results: string[] = []
  const media: string[] = []
  const say = (role: Said['role'], block: Json) => {
    if (block.type === 'text') turns.push({ role, text: block.text })
    if (block.type === 'compaction') turns.push({ role, text: block.content ?? '' })
    if (block.type === 'tool_use') calls.push({ name: block.name, args: block.input })
    if (block.type === 'tool_result') results.push(textOf(block.content, media))
    readMedia(block, media, (text) => turns.push({ role, text }))
  }
  for (const { content, role } of list(body.messages))
    for (const block of blocksOf(content)) say(role === 'assistant' ? 'assistant' : 'user', block)
  const format = body.output_config?.format ?? body.output_format
  return gathered({
    system: blocksOf(body.system)
      .map(({ text }) => text)
      .join('\n\n'),
    turns,
    calls,
    results,
    media,
    tools: list(body.tools)
      .filter(({ input_schema: schema, type = 'custom' }) => schema || typed.test(type))
      .map(({ input_schema: schema, name }) => ({ name, schema })),
    choice: choiceOf(body.tool_choice),
    maxOutput: body.max_tokens,
    temperature: body.temperature,
    topP: body.top_p,
    stop: list(body.stop_sequences).map(String),
    output: format && propertiesOf(format.schema),
  })
}

const blocksOf = (content: unknown): Json[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : list(content)

function textOf(content: unknown, media: string[]): string {
  const texts: string[] = []
  for (const block of blocksOf(content)) {
    if (block.type === 'text') texts.push(block.text)
    if (block.type === 'tool_reference') texts.push(block.tool_name)
    readMedia(block, media, (text) => texts.push(text))
  }
  return texts.join('\n\n')
}

function readMedia({ source, type }: Json, media: string[], say: (text: string) => void): void {
  if (!source || (type !== 'image' && type !== 'document')) return
  const text = source.type === 'base64' ? textOfMedium(source.media_type, source.data) : undefined
  if (text !== undefined) say(text)
  else if (source.type === 'base64') media.push(digest(source.data))
  else if (source.type === 'text') say(source.data)
  else media.push(String(either(source, 'url', 'file_id')))
}

function choiceOf(choice: Json | undefined): Choice {
  if (!choice) return auto
  if (choice.type === 'tool') return { mode: 'required', only: [choice.name] }
  return { mode: choice.type === 'any' ? 'required' : choice.type }
}
