import { z } from 'zod'
import type { Endpoint } from './endpoint.ts'

type Json = Record<string, unknown>

/** The rows as a document of OpenAPI 3.1: written from the schemas that read the requests and cut the answers. */
export function openapi(rows: readonly Endpoint[]): Json {
  const schemas: Json = { Error: refusal }
  const paths: Record<string, Json> = {}
  for (const row of rows) {
    const path = `/api${row.path}`
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operation(row, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Causeway management API',
      version: '1',
      description:
        'Accounts, keys, channels, prices, and the ledger. Amounts in requests are whole numbers of nano-USD (10⁻⁹) in ' +
        'fields named `…_nano`; in answers they are strings, `…_nano` in nano-USD and `…_usd` in USD. Lists come in ' +
        'pages: `next` is the cursor of the next one.',
    },
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'a management token, `cwr-…`' } },
    },
    paths,
  }
}

function operation(row: Endpoint, schemas: Json): Json {
  const name = operationId(row)
  const isOpen = row.role === 'open'
  return {
    operationId: name,
    tags: [row.path.split('/')[1]],
    summary: row.summary,
    'x-causeway-role': row.role,
    security: isOpen ? [] : [{ token: [] }],
    parameters: [
      ...parameters(row.params, 'path'),
      ...parameters(row.query, 'query'),
      ...(row.isOnce ? [idempotencyKey] : []),
    ],
    ...(row.body && { requestBody: { required: true, content: json(schemaOf(row.body, 'input', name, schemas)) } }),
    responses: {
      [row.status ?? 200]: {
        description: row.summary,
        content: json(schemaOf(row.answer, 'output', `${name}_answer`, schemas)),
      },
      default: { description: 'A refusal', content: json({ $ref: '#/components/schemas/Error' }) },
    },
  }
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same request, asked again with the same key, is done once.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
}

const json = (schema: Json): Json => ({ 'application/json': { schema } })

/** `get_accounts_id_ledger`. */
const operationId = ({ method, path }: Endpoint): string =>
  `${method.toLowerCase()}${path.replace(/[{}]/g, '').replace(/[/.]/g, '_')}`

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (!(schema instanceof z.ZodObject)) return []
  // What comes in a query is text; what it is read as says more.
  const { properties = {} } = plain(schema, 'output')
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path',
    schema: property,
  }))
}

/** A schema whose own definitions, if it has any, are moved to where all of them are. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', name: string, schemas: Json): Json {
  const { $defs, ...rest } = plain(schema, io)
  if ($defs === undefined) return rest
  const moved = (value: unknown): Json =>
    // What was JSON stays JSON.
    JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', `"#/components/schemas/${name}.`)) as Json
  for (const [key, definition] of Object.entries($defs)) schemas[`${name}.${key}`] = moved(definition)
  return moved(rest)
}

/** JSON Schema 2020-12, which is what OpenAPI 3.1 has. */
function plain(schema: z.ZodType, io: 'input' | 'output') {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

const refusal = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'request_id'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: { type: 'string', description: 'the field that is wrong' },
        request_id: { type: 'string' },
      },
    },
  },
}
