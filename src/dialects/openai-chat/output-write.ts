import type { JsonSchema, OutputFormat } from '../../model/request.ts'
import { cleanSchema, satisfiesStrict } from '../../model/schema.ts'
import { mentions, type Writing } from './writing.ts'

/** What form the answer shall have, as fields of the body. */
export function writeOutput(writing: Writing): Record<string, unknown> {
  const { request, quirks } = writing
  const { format, verbosity } = request.output
  if (verbosity && !quirks.verbosity) writing.drop('verbosity')
  return {
    ...writeFormat(format, writing),
    ...(verbosity && quirks.verbosity && { verbosity }),
    ...writeModalities(writing),
  }
}

type Formats = { [K in OutputFormat['format']['kind']]: Extract<OutputFormat['format'], { kind: K }> }

function writeFormat(format: OutputFormat['format'], writing: Writing): Record<string, unknown> {
  switch (format.kind) {
    case 'text':
      return {}
    case 'json':
      return writeJson(writing)
    case 'schema':
      return writeSchema(format, writing)
    case 'enum':
      return writeSchema({ kind: 'schema', name: 'choice', schema: oneOfThese(format.values), strict: true }, writing)
  }
}

/** OpenAI refuses the mode when no message speaks of JSON. */
function writeJson(writing: Writing): Record<string, unknown> {
  const isTold = mentions(writing, /json/i)
  if (!isTold) writing.instruct('Reply with one JSON object only.')
  if (writing.quirks.responseFormat !== 'none') return { response_format: { type: 'json_object' } }
  if (isTold) writing.instruct('Reply with one JSON object only.')
  writing.change('response_format')
  return {}
}

function writeSchema(format: Formats['schema'], writing: Writing): Record<string, unknown> {
  const { quirks, target } = writing
  if (quirks.responseFormat !== 'schema' || !target.capabilities.schemaOutput) {
    writing.change('response_format')
    writing.instruct(`Reply with one JSON object only, valid under this JSON schema: ${JSON.stringify(format.schema)}`)
    return quirks.responseFormat === 'none' ? {} : { response_format: { type: 'json_object' } }
  }
  const strictly = format.strict === true ? cleanSchema(format.schema, 'openai-strict') : undefined
  const isStrict = strictly !== undefined && satisfiesStrict(strictly.schema)
  if (format.strict === true && !isStrict) writing.change('strict')
  const { schema } = isStrict ? strictly : cleanSchema(format.schema, 'openai-loose')
  return {
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: legalName(format.name),
        ...(format.description !== undefined && { description: format.description }),
        schema,
        ...(format.strict !== undefined && { strict: isStrict }),
      },
    },
  }
}

const legalName = (name: string | undefined): string =>
  (name ?? '').replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'response'

/** One of some words, as the value of an object: schemas must be objects here. The relay unwraps it. */
const oneOfThese = (values: readonly string[]): JsonSchema => ({
  type: 'object',
  properties: { value: { type: 'string', enum: values } },
  required: ['value'],
  additionalProperties: false,
})

function writeModalities(writing: Writing): Record<string, unknown> {
  const { request, quirks } = writing
  const { modalities, audio, image } = request.output
  if (!modalities || modalities.every((one) => one === 'text')) {
    if (image) writing.drop('image_config')
    return {}
  }
  const takes = { text: true, audio: quirks.audioOutput, image: quirks.imageOutput, video: false }
  const refused = modalities.find((one) => !takes[one])
  if (refused) writing.refuse(`answers of ${refused}`, 'modalities')
  return { modalities, ...(audio && { audio }), ...(image && { image_config: image }) }
}
