import type { Provider } from './provider.ts'

export const gemini: Provider = {
  id: 'gemini',
  name: 'Google Gemini API',
  baseUrl: 'https://generativelanguage.googleapis.com',
  apiPath: '/v1beta/openai',
  auth: { kind: 'header', name: 'x-goog-api-key' },
  environment: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  formats: { gemini: {} },
  maker: 'gemini',
  models: ['gemini-*', 'gemma-*', 'imagen-*', 'veo-*'],
  docs: 'https://ai.google.dev/api/generate-content',
}
