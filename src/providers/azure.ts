import { capabilitiesOf, isClaude } from './models.ts'
import type { Provider } from './provider.ts'

/**
 * Azure's v1 surface: no api-version, and `model` is the name of a deployment. The root is the resource's:
 * `https://RESOURCE.openai.azure.com`, or `https://RESOURCE.services.ai.azure.com`, which serves Claude as well.
 * @see https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle
 */
export const azure: Provider = {
  id: 'azure',
  name: 'Azure OpenAI, Microsoft Foundry',
  baseUrl: undefined,
  apiPath: '/openai/v1',
  auth: { kind: 'header', name: 'api-key' },
  environment: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
  formats: {
    'openai-responses': { quirks: { path: '/openai/v1/responses' }, only: (model) => !isClaude(model) },
    'openai-chat': {
      quirks: { path: '/openai/v1/chat/completions', endUser: 'user', metadata: false, webSearch: 'none' },
      only: (model) => !isClaude(model) && !capabilitiesOf(model).responsesOnly,
    },
    'anthropic-messages': {
      quirks: { messagesPath: '/anthropic/v1/messages', countPath: '/anthropic/v1/messages/count_tokens' },
      only: isClaude,
      maker: 'anthropic',
      auth: { kind: 'header', name: 'x-api-key' },
    },
  },
  maker: 'azure',
  docs: 'https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle',
}
