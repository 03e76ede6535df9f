import type { OutputFormat } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import { oneOf, type Reading, recordOf, word } from './reading.ts'

type Body = Readonly<Record<string, unknown>>

/** What form the answer shall have: `response_format`, `verbosity`, `modalities`, `audio`, and pictures by Google's fields. */
export function readOutput(body: Body, to: Reading): OutputFormat {
  const verbosity = oneOf(body.verbosity ?? recordOf(body.text).verbosity, ['low', 'medium', 'high'])
  const modalities = to
    .list(body.modalities, 'modalities')
    ?.flatMap(
      (one) => oneOf(typeof one === 'string' ? one.toLowerCase() : one, ['text', 'image', 'audio', 'video']) ?? [],
    )
  const audio = to.record(body.audio, 'audio')
  const format = word(audio?.format)
  const image = to.record(body.image_config ?? recordOf(body.google).image_config, 'image_config')
  return {
    format: readFormat(body, to),
    ...(verbosity && { verbosity }),
    ...(modalities && modalities.length > 0 && { modalities }),
    ...(audio && {
      audio: { ...(audio.voice !== undefined && { voice: audio.voice }), ...(format !== undefined && { format }) },
    }),
    ...(image && { image }),
  }
}

function readFormat(body: Body, to: Reading): OutputFormat['format'] {
  const value = body.response_format ?? recordOf(body.text).format
  const path = body.response_format == null ? 'text.format' : 'response_format'
  // Some clients name the type alone.
  if (typeof value === 'string') return value.startsWith('json') ? { kind: 'json' } : { kind: 'text' }
  const format = to.record(value, path)
  if (!format) return { kind: 'text' }
  const type = to.text(format.type, `${path}.type`)
  if (type === 'json_schema') return readSchema(recordOf(format.json_schema ?? format), `${path}.json_schema`, to)
  if (type !== 'json_object') return { kind: 'text' }
  const schema = recordOf(format).schema
  return isRecord(schema) ? { kind: 'schema', schema } : { kind: 'json' }
}

function readSchema(declared: Body, path: string, to: Reading): OutputFormat['format'] {
  const schema = to.record(declared.schema, `${path}.schema`)
  if (!schema) return { kind: 'json' }
  const name = to.text(declared.name, `${path}.name`)
  const description = to.text(declared.description, `${path}.description`)
  const strict = to.flag(declared.strict, `${path}.strict`)
  return {
    kind: 'schema',
    schema,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(strict !== undefined && { strict }),
  }
}
