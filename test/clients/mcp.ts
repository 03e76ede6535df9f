import { createInterface } from 'node:readline'

/**
 * A server of one tool over standard input and output, whose name has a dot: more than most chat formats allow.
 * @see https://modelcontextprotocol.io/specification
 */
const answers: Readonly<Record<string, (parameters: Parameters) => unknown>> = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion: protocolVersion ?? '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'fx', version: '1.0.0' },
  }),
  ping: () => ({}),
  'tools/list': () => ({
    tools: [
      {
        name: 'add-two.v1',
        description: 'Adds two to a number.',
        inputSchema: { type: 'object', properties: { number: { type: 'number' } }, required: ['number'] },
      },
    ],
  }),
  'tools/call': ({ arguments: given }) => ({
    content: [{ type: 'text', text: `sum=${Number(given?.number) + 2}` }],
  }),
}

interface Parameters {
  readonly protocolVersion?: string
  readonly arguments?: { readonly number?: unknown }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params = {} } = JSON.parse(line)
  // What has no id wants no answer.
  if (id === undefined) continue
  const answer = answers[method]
  const error = { code: -32601, message: `no ${method} here` }
  process.stdout.write(
    `${JSON.stringify({ jsonrpc: '2.0', id, ...(answer ? { result: answer(params) } : { error }) })}\n`,
  )
}
