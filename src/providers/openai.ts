import { capabilitiesOf } from './models.ts'
import type { Provider } from './provider.ts'

/** Responses first: it alone carries the thoughts of models that think. */
export const openai: Provider = {
  id: 'openai',
  name: 'OpenAI',
  baseUrl: 'https://api.openai.com',
  apiPath: '/v1',
  auth: { kind: 'bearer' },
  environment: ['OPENAI_API_KEY'],
  formats: {
    'openai-responses': {},
    'openai-chat': { only: (model) => !capabilitiesOf(model).responsesOnly },
  },
  maker: 'openai',
  models: ['gpt-*', 'o1*', 'o3*', 'o4-*', 'chatgpt-*', 'codex-*', 'text-embedding-*', 'dall-e-*', 'tts-*', 'whisper-*'],
  docs: 'https://platform.openai.com/docs/api-reference/responses',
}
