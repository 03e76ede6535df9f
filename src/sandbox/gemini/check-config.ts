import { type Call, type Check, type Refusal, refusalAmong } from '../format.ts'
import { asNumber, asRecord, asRecords, asText, asTexts, isGiven, type Untyped } from '../untyped.ts'
import { invalid, invalidField } from './fault.ts'

const NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/
const MODES = ['AUTO', 'ANY', 'NONE', 'VALIDATED', 'MODE_UNSPECIFIED']
const LEVELS = ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'THINKING_LEVEL_UNSPECIFIED']
const MOST_STOPS = 5

/** Least and greatest value of each number. */
const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  temperature: [0, 2],
  topP: [0, 1],
  topK: [1, 1000],
  candidateCount: [1, 8],
  logprobs: [0, 20],
}

const configOf = ({ body }: Call): Untyped => asRecord(body.generationConfig)

const declarationsOf = ({ body }: Call): readonly Untyped[] =>
  asRecords(body.tools).flatMap((tool) => asRecords(tool.functionDeclarations))

const ranges: Check<Call> = (call) => {
  const config = configOf(call)
  return refusalAmong(Object.entries(RANGES), ([name, [least, most]]) => {
    const value = config[name]
    const isInside = typeof value === 'number' && value >= least && value <= most
    return !isGiven(value) || isInside
      ? undefined
      : invalidField(`generation_config.${name}`, `must be in the range [${least}, ${most}].`)
  })
}

const limits: Check<Call> = (call) => {
  const { maxOutputTokens: most, stopSequences } = configOf(call)
  if (isGiven(most) && !(asNumber(most) >= 1 && asNumber(most) <= call.model.outputTokens)) {
    return invalidField(
      'generation_config.max_output_tokens',
      `max_output_tokens must be positive and at most ${call.model.outputTokens}.`,
    )
  }
  return asTexts(stopSequences).length > MOST_STOPS
    ? invalidField('generation_config.stop_sequences', `at most ${MOST_STOPS} stop sequences are allowed.`)
    : undefined
}

const thinking: Check<Call> = (call) => {
  const { thinkingBudget: budget, thinkingLevel: level } = asRecord(configOf(call).thinkingConfig)
  if (isGiven(budget) && isGiven(level))
    return invalid('You can only set only one of thinking budget and thinking level.')
  return isGiven(level) && !LEVELS.includes(asText(level).toUpperCase())
    ? invalid(`Invalid value at 'generation_config.thinking_config.thinking_level', ${JSON.stringify(level)}`)
    : undefined
}

const output: Check<Call> = (call) => {
  const { responseSchema, responseJsonSchema, responseMimeType: mime } = configOf(call)
  if (isGiven(responseSchema) && isGiven(responseJsonSchema)) {
    return invalid('Only one of response_schema and response_json_schema may be set.')
  }
  const hasSchema = isGiven(responseSchema) || isGiven(responseJsonSchema)
  return hasSchema && mime !== 'application/json' && mime !== 'text/x.enum'
    ? invalid('A response schema is only supported with response_mime_type application/json or text/x.enum.')
    : undefined
}

const functions: Check<Call> = (call) => {
  const names = declarationsOf(call).map(({ name }) => asText(name))
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) return invalid(`Duplicate function declaration found: ${twice}`)
  return refusalAmong(asRecords(call.body.tools), (tool, index) =>
    refusalAmong(asRecords(tool.functionDeclarations), (declaration, at) =>
      checkFunction(declaration, `tools[${index}].function_declarations[${at}]`),
    ),
  )
}

function checkFunction({ name, parameters, parametersJsonSchema }: Untyped, path: string): Refusal | undefined {
  if (!NAME.test(asText(name))) {
    return invalidField(
      `${path}.name`,
      'Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), ' +
        'dots (.), colons (:), or dashes (-), with a maximum length of 128.',
    )
  }
  return isGiven(parameters) && isGiven(parametersJsonSchema)
    ? invalidField(path, 'Only one of parameters and parameters_json_schema may be set.')
    : undefined
}

const choice: Check<Call> = (call) => {
  const config = asRecord(asRecord(call.body.toolConfig).functionCallingConfig)
  const mode = asText(config.mode ?? 'AUTO')
  const names = declarationsOf(call).map(({ name }) => name)
  if (!MODES.includes(mode)) return invalid(`Invalid value at 'tool_config.function_calling_config.mode', "${mode}"`)
  if (mode === 'ANY' && names.length === 0)
    return invalid('Function calling config is set without function_declarations.')
  const allowed = asTexts(config.allowedFunctionNames)
  if (allowed.length > 0 && mode !== 'ANY' && mode !== 'VALIDATED') {
    return invalid('allowed_function_names should only be set when the Mode is ANY or VALIDATED.')
  }
  const stranger = allowed.find((name) => !names.includes(name))
  return stranger === undefined
    ? undefined
    : invalid(`allowed_function_names contains ${stranger}, which is not declared.`)
}

export const configChecks: readonly Check<Call>[] = [ranges, limits, thinking, output, functions, choice]
