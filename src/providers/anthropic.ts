import type { Provider } from './provider.ts'

export const anthropic: Provider = {
  id: 'anthropic',
  name: 'Anthropic',
  baseUrl: 'https://api.anthropic.com',
  apiPath: '/v1',
  auth: { kind: 'header', name: 'x-api-key' },
  environment: ['ANTHROPIC_API_KEY'],
  formats: { 'anthropic-messages': {} },
  maker: 'anthropic',
  models: ['claude-*'],
  docs: 'https://platform.claude.com/docs/en/api/messages',
}

/** A server that speaks Anthropic's format and of which nothing more is known. */
export const anthropicCompatible: Provider = {
  ...anthropic,
  id: 'anthropic-compatible',
  name: 'Any Anthropic-compatible server',
  baseUrl: undefined,
  auth: { kind: 'bearer' },
  environment: [],
  maker: 'anthropic-compatible',
  models: ['*'],
}
