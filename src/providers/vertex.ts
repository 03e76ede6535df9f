import type { UpstreamAction } from '../dialects/dialect.ts'
import { compatibleQuirks } from '../dialects/openai-chat/quirks.ts'
import { wrapClaude } from './hosted-claude.ts'
import { isClaude, isGemini } from './models.ts'
import type { Asked, Provider } from './provider.ts'

const geminiActions = {
  unary: 'generateContent',
  stream: 'streamGenerateContent?alt=sse',
  count: 'countTokens',
} as const satisfies Record<UpstreamAction, string>

/** `@` before a model's date stays as it is, as in Google's own examples. */
const segment = (model: string): string => encodeURIComponent(model).replaceAll('%40', '@')

const claudePath = (model: string, action: UpstreamAction): string =>
  action === 'count'
    ? '/publishers/anthropic/models/count-tokens:rawPredict'
    : `/publishers/anthropic/models/${segment(model)}:${action === 'stream' ? 'streamRawPredict' : 'rawPredict'}`

/**
 * The root names project and place: `https://LOCATION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/LOCATION`. Without
 * one it is express mode, which takes an API key and serves Gemini alone.
 * @see https://docs.cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/overview
 */
export const vertex: Provider = {
  id: 'vertex',
  name: 'Google Vertex AI',
  baseUrl: 'https://aiplatform.googleapis.com/v1',
  apiPath: '/endpoints/openapi',
  auth: { kind: 'google' },
  environment: ['GOOGLE_VERTEX_API_KEY'],
  formats: {
    gemini: {
      only: isGemini,
      path: (model, action) => `/publishers/google/models/${segment(model)}:${geminiActions[action]}`,
      quirks: { callIds: false, labels: true, excludeDomains: true, countBody: 'flat' },
    },
    'anthropic-messages': {
      only: isClaude,
      path: claudePath,
      quirks: { fetchesUrls: false, threads: false },
      wrap: (asked: Asked) =>
        wrapClaude(asked, {
          version: 'vertex-2023-10-16',
          // The counter's path names no model, so there it stays in the body.
          moved: ({ action }) => (action === 'count' ? [] : ['model']),
          unknown: [
            'speed',
            'inference_geo',
            'container',
            'mcp_servers',
            'thread',
            'diagnostics',
            'billing_policy',
            'safeguards',
          ],
          betasIn: 'header',
          renamed: { 'advanced-tool-use-2025-11-20': ['tool-search-tool-2025-10-19'] },
        }),
      maker: 'anthropic',
    },
    // Partners' and open models: `meta/llama-…`, `deepseek-ai/…`.
    'openai-chat': {
      only: (model) => !isClaude(model) && !isGemini(model),
      quirks: { ...compatibleQuirks, path: '/endpoints/openapi/chat/completions' },
    },
  },
  maker: 'vertex',
  models: ['gemini-*'],
  docs: 'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference',
}
