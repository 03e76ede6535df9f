import type { Call } from '../format.ts'
import type { OfferedChoice, OfferedTool, OutputShape, Prompt, PromptMedia, PromptTurn, ToolResult } from '../prompt.ts'
import { countTokens } from '../tokens.ts'
import { asRecord, asRecords, asText, asTexts, isGiven, numberOrNone, type Untyped } from '../untyped.ts'

/** What a generateContent request asks. The body has its names in camelCase and has passed the checks. */
export function readPrompt({ body, model, seed }: Call): Prompt {
  const config = asRecord(body.generationConfig)
  const maxTokens = numberOrNone(config.maxOutputTokens)
  return {
    model,
    seed,
    system: textOf(asRecords(asRecord(body.systemInstruction).parts)),
    turns: asRecords(body.contents).map(readTurn),
    tools: asRecords(body.tools)
      .flatMap((tool) => asRecords(tool.functionDeclarations))
      .map(readTool),
    choice: readChoice(asRecord(asRecord(body.toolConfig).functionCallingConfig)),
    isParallel: true,
    output: readOutput(config),
    isThinking: isGiven(config.thinkingConfig) && asRecord(config.thinkingConfig).thinkingBudget !== 0,
    ...(maxTokens !== undefined && { maxTokens }),
    stops: asTexts(config.stopSequences),
    toolTokens: body.tools === undefined ? 0 : countTokens(JSON.stringify(body.tools)),
  }
}

const textOf = (parts: readonly Untyped[]): string =>
  parts
    .filter((part) => part.thought !== true)
    .map((part) => asText(part.text))
    .filter(Boolean)
    .join('\n')

function readTurn(content: Untyped): PromptTurn {
  const parts = asRecords(content.parts)
  const responses = parts
    .map((part) => part.functionResponse)
    .filter(isGiven)
    .map(asRecord)
  const inside = responses.flatMap((response) => asRecords(response.parts))
  return {
    role: content.role === 'model' ? 'assistant' : 'user',
    text: textOf(parts),
    media: [...parts, ...inside].flatMap(readMedia),
    results: responses.map(readResult),
  }
}

/** `output` and `error` are the keys that the API gives a meaning. */
function readResult({ name, response }: Untyped): ToolResult {
  const { output, error, ...rest } = asRecord(response)
  const isError = isGiven(error)
  const value = error ?? output ?? rest
  return { name: asText(name), text: typeof value === 'string' ? value : JSON.stringify(value), isError }
}

function readMedia(part: Untyped): readonly PromptMedia[] {
  const blob = asRecord(part.inlineData)
  if (isGiven(blob.data)) return [{ mime: asText(blob.mimeType), base64: asText(blob.data) }]
  const file = asRecord(part.fileData)
  return isGiven(file.fileUri) ? [{ mime: asText(file.mimeType), url: asText(file.fileUri) }] : []
}

const readTool = ({ name, parameters, parametersJsonSchema }: Untyped): OfferedTool => ({
  name: asText(name),
  kind: 'function',
  schema: parametersJsonSchema ?? parameters,
})

function readChoice({ mode, allowedFunctionNames }: Untyped): OfferedChoice {
  const only = asTexts(allowedFunctionNames)
  const narrowed = only.length > 0 ? { only } : {}
  switch (mode) {
    case 'ANY':
      return { mode: 'required', ...narrowed }
    case 'NONE':
      return { mode: 'none' }
    default:
      return { mode: 'auto', ...narrowed }
  }
}

function readOutput(config: Untyped): OutputShape {
  const schema = config.responseJsonSchema ?? config.responseSchema
  if (config.responseMimeType === 'text/x.enum') return { kind: 'enum', schema }
  if (config.responseMimeType !== 'application/json') return { kind: 'text' }
  return schema === undefined ? { kind: 'json' } : { kind: 'json', schema }
}
