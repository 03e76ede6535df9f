import type { Provider } from './provider.ts'

/** How the catalogue of list prices calls a vendor that we call otherwise. */
const catalogueNames: Readonly<Record<string, string>> = {
  gemini: 'google',
  vertex: 'google',
  bedrock: 'aws',
  xai: 'x-ai',
  moonshot: 'moonshotai',
  'moonshot-cn': 'moonshotai',
  'minimax-cn': 'minimax',
  zhipu: 'zhipuai',
}

/** Servers of one's own, and ours: nobody sends a bill. */
const free = new Set(['sandbox', 'ollama', 'vllm', 'sglang', 'lmstudio', 'llamacpp'])

/** The vendor in the catalogue of list prices. */
export const catalogueName = ({ id }: Provider): string => catalogueNames[id] ?? id

export const isFree = ({ id }: Provider): boolean => free.has(id)

/** Those whose answers tell what they bill for them, in USD or in credits that cost one each. */
const tellsCost = new Set(['openrouter', 'perplexity', 'xai', 'deepinfra'])

/** Whether the vendor's own figure of the cost, in its answers, is one in USD. */
export const tellsCostInUsd = ({ id }: Provider): boolean => tellsCost.has(id)
