import type { Provider } from './provider.ts'

/** Hanging up on a stream ends the answer and the bill. */
const stoppable = [
  ...['openai', 'azure', 'anthropic', 'fireworks', 'novita', 'deepinfra', 'together', 'cohere', 'hyperbolic', 'xai'],
  ...['cloudflare', 'friendli', 'deepseek'],
]

/** The vendor goes on, and bills the whole answer, whether somebody reads it or not. */
const unstoppable = [
  ...['bedrock', 'vertex', 'gemini', 'groq', 'minimax', 'minimax-cn', 'huggingface', 'perplexity', 'mistral'],
  ...['sambanova', 'dashscope', 'dashscope-intl', 'nebius'],
]

export const listed: readonly string[] = [...stoppable, ...unstoppable]

const goesOn = {
  stream: new Set(unstoppable),
  // Nothing can be told to a vendor that has not begun to answer.
  whole: new Set(listed),
} as const

/**
 * Whether a vendor is known to bill the whole answer when its client hangs up. Of those that are not listed nothing is known.
 * @see https://openrouter.ai/docs/api-reference/streaming, “Stream Cancellation”
 */
export const billsOn = ({ id }: Provider, form: keyof typeof goesOn): boolean => goesOn[form].has(id)
