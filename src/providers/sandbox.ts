import type { Provider } from './provider.ts'

/** The built-in upstream (`src/sandbox/`), in all four formats. Its address is known when the server has started. */
export const sandbox: Provider = {
  id: 'sandbox',
  name: 'Sandbox (built in)',
  baseUrl: undefined,
  apiPath: '/v1',
  auth: { kind: 'bearer' },
  environment: [],
  formats: {
    'anthropic-messages': {},
    'openai-responses': { quirks: { compacts: false } },
    'openai-chat': {},
    gemini: {},
  },
  maker: 'sandbox',
  docs: 'docs/sandbox.md',
}
