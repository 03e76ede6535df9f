import { unwrapChunk } from './bedrock-frame.ts'
import { traitsOf } from './bedrock-traits.ts'
import { wrapClaude } from './hosted-claude.ts'
import { isClaude } from './models.ts'
import type { Asked, Provider } from './provider.ts'

/** Betas that InvokeModel takes; any other is refused with 400. */
const betas = [
  'interleaved-thinking-2025-05-14',
  'dev-full-thinking-2025-05-14',
  'token-efficient-tools-2025-02-19',
  'fine-grained-tool-streaming-2025-05-14',
  'output-128k-2025-02-19',
  'context-1m-2025-08-07',
  'context-management-2025-06-27',
  'compact-2026-01-12',
  'effort-2025-11-24',
  'tool-search-tool-2025-10-19',
  'tool-examples-2025-10-29',
  'computer-use-2024-10-22',
  'computer-use-2025-01-24',
  'computer-use-2025-11-24',
]

const unknown = [
  'service_tier',
  'speed',
  'inference_geo',
  'container',
  'mcp_servers',
  'thread',
  'diagnostics',
  'fallbacks',
  'billing_policy',
  'safeguards',
]

const actions = { unary: 'invoke', stream: 'invoke-with-response-stream', count: 'count-tokens' } as const

/**
 * The region stands in the root; other regions are channels with a `base_url` of their own. Claude is asked by InvokeModel in
 * Anthropic's format, which carries everything; other models by Converse.
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html
 */
export const bedrock: Provider = {
  id: 'bedrock',
  name: 'Amazon Bedrock',
  baseUrl: 'https://bedrock-runtime.us-east-1.amazonaws.com',
  apiPath: '/openai/v1',
  auth: { kind: 'sigv4', service: 'bedrock' },
  environment: ['AWS_BEARER_TOKEN_BEDROCK'],
  formats: {
    'anthropic-messages': {
      only: isClaude,
      path: (model, action) => `/model/${encodeURIComponent(model)}/${actions[action]}`,
      quirks: { serverTools: false, fetchesUrls: false, threads: false },
      framing: 'eventstream',
      wrap: (asked: Asked) =>
        wrapClaude(asked, {
          version: 'bedrock-2023-05-31',
          moved: () => ['model', 'stream'],
          unknown,
          betas,
          renamed: { 'advanced-tool-use-2025-11-20': ['tool-search-tool-2025-10-19', 'tool-examples-2025-10-29'] },
          unknownInMessages: ['output_config', 'clear_at'],
          betasIn: 'body',
        }),
      unwrapFrame: unwrapChunk,
      countsTokens: false,
      maker: 'anthropic',
    },
    'bedrock-converse': { framing: 'eventstream', quirks: { traits: traitsOf } },
  },
  maker: 'bedrock',
  models: [
    '*anthropic.claude-*',
    '*amazon.nova-*',
    '*meta.llama*',
    '*mistral.*',
    '*deepseek.*',
    '*openai.gpt-oss-*',
    '*qwen.*',
  ],
  docs: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
}
