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

export const gemini: RequestReader = (body) => {
  const turns: Said[] = []
  const calls: View['calls'][number][] = []
  const results: string[] = []
  const media: string[] = []
  for (const { parts, role } of list(body.contents))
    for (const part of list(parts)) {
      const call = either(part, 'functionCall', 'function_call')
      const answer = either(part, 'functionResponse', 'function_response')
      if (part.text !== undefined && !part.thought)
        turns.push({ role: role === 'model' ? 'assistant' : 'user', text: part.text })
      if (call) calls.push({ name: call.name, args: call.args ?? {} })
      if (answer) results.push(resultOf(answer.response))
      for (const one of [part, ...list(answer?.parts)]) {
        const text = placeMedia(one, media)
        if (text) turns.push({ role: 'user', text })
      }
    }
  const config = either(body, 'generationConfig', 'generation_config') ?? {}
  const instruction = either(body, 'systemInstruction', 'system_instruction')
  const schema = either(config, 'responseJsonSchema', 'responseSchema', 'response_json_schema', 'response_schema')
  return gathered({
    system: list(instruction?.parts)
      .map(({ text }) => text)
      .join('\n\n'),
    turns,
    calls,
    results,
    media,
    tools: [body.tools ?? []]
      .flat()
      .flatMap((tool: Json) => list(either(tool, 'functionDeclarations', 'function_declarations')))
      .map((one) => ({
        name: one.name,
        schema: either(one, 'parametersJsonSchema', 'parameters_json_schema', 'parameters'),
      })),
    choice: choiceOf(
      either(body.toolConfig ?? body.tool_config ?? {}, 'functionCallingConfig', 'function_calling_config'),
    ),
    maxOutput: config.maxOutputTokens ?? config.max_output_tokens,
    temperature: config.temperature,
    topP: config.topP ?? config.top_p,
    stop: list(config.stopSequences).map(String),
    output: schema || config.responseMimeType === 'application/json' ? propertiesOf(schema ?? {}) : undefined,
  })
}

/** `{output: text}` and `{error: text}` are the text; anything else is JSON. */
function resultOf(response: Json): string {
  const [[name, value] = ['', undefined], ...more] = Object.entries(response ?? {})
  const isText = more.length === 0 && typeof value === 'string' && (name === 'output' || name === 'error')
  return isText ? value : JSON.stringify(response)
}

function placeMedia(part: Json, media: string[]): string | undefined {
  const inline = either(part, 'inlineData', 'inline_data')
  const file = either(part, 'fileData', 'file_data')
  const text = inline && textOfMedium(either(inline, 'mimeType', 'mime_type'), inline.data)
  if (inline && text === undefined) media.push(digest(inline.data))
  if (file) media.push(String(either(file, 'fileUri', 'file_uri')))
  return text
}

const modes: Record<string, Choice['mode']> = { AUTO: 'auto', NONE: 'none', ANY: 'required', VALIDATED: 'auto' }

function choiceOf(config: Json | undefined): Choice {
  const only = list(config?.allowedFunctionNames ?? config?.allowed_function_names).map(String)
  const mode = modes[config?.mode]
  return mode ? { mode, ...(only.length > 0 && { only }) } : auto
}
