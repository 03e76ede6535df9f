import type { ChatRequest } from '../../../src/model/request.ts'

/** A request that says nothing, with some of it said. */
export const requestOf = (some: Partial<ChatRequest>): ChatRequest => ({
  format: 'openai-chat',
  model: 'm',
  stream: false,
  system: [],
  turns: [],
  tools: [],
  sampling: {},
  thinking: { mode: 'default' },
  output: { format: { kind: 'text' } },
  identity: {},
  native: {},
  lost: [],
  ...some,
})
