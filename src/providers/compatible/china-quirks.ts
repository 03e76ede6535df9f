import type { ChatQuirks } from '../../dialects/openai-chat/quirks.ts'

/** DeepSeek: thinks when told; a tool loop's thoughts must go back, or it is refused. */
export const deepseek: Partial<ChatQuirks> = {
  thinking: { kind: 'thinking', effortField: 'reasoning_effort' },
  efforts: ['high', 'max'],
  sendsReasoningBack: 'tool_loop',
  responseFormat: 'json',
  parallelToolCalls: false,
  imageInput: false,
  seed: 'none',
  n: false,
  stopMax: 16,
  endUser: 'none',
}

/** Kimi: pictures inline only; every thought of the conversation must come back; no forced calls. */
export const kimi: Partial<ChatQuirks> = {
  thinking: { kind: 'thinking' },
  sendsReasoningBack: 'always',
  toolChoiceRequired: 'none',
  toolChoiceNamed: false,
  responseFormat: 'json',
  inlineImages: true,
  videoUrl: true,
  cacheKey: true,
  endUser: 'safety_identifier',
  parallelToolCalls: false,
  seed: 'none',
  logprobs: false,
  stopMax: 5,
}

/** GLM: one stop string, tool choice `auto` only. */
export const glm: Partial<ChatQuirks> = {
  thinking: { kind: 'thinking', effortField: 'reasoning_effort' },
  sendsReasoningBack: 'tool_loop',
  toolChoiceRequired: 'none',
  toolChoiceNamed: false,
  responseFormat: 'json',
  parallelToolCalls: false,
  videoUrl: true,
  seed: 'none',
  penalties: false,
  logprobs: false,
  n: false,
  stopMax: 1,
  endUser: 'user_id',
}

/** Qwen: a switch and a budget; calls cannot be forced, and thoughts are told in streams alone. */
export const qwen: Partial<ChatQuirks> = {
  alwaysStreams: true,
  thinking: { kind: 'enable_thinking', budgetField: 'thinking_budget' },
  toolChoiceRequired: 'none',
  audioInput: true,
  videoUrl: true,
  webSearch: 'enable_search',
  extraFields: { topK: 'top_k', repetitionPenalty: 'repetition_penalty' },
  endUser: 'none',
}

/** Doubao: a switch and a level. */
export const doubao: Partial<ChatQuirks> = {
  thinking: { kind: 'thinking', effortField: 'reasoning_effort' },
  efforts: ['minimal', 'low', 'medium', 'high'],
  sendsReasoningBack: 'tool_loop',
  videoUrl: true,
  seed: 'none',
  n: false,
  endUser: 'none',
}

/** MiniMax: thoughts come split from the text when asked, and the whole of them must go back. */
export const minimax: Partial<ChatQuirks> = {
  thinking: { kind: 'none' },
  reasoningDetails: true,
  sendsReasoningBack: 'always',
  alwaysFields: { reasoning_split: true },
  responseFormat: 'none',
  toolChoiceRequired: 'none',
  toolChoiceNamed: false,
  parallelToolCalls: false,
  imageInput: false,
  seed: 'none',
  penalties: false,
  logprobs: false,
  n: false,
  stopMax: 0,
  endUser: 'none',
}

/** SiliconFlow, which serves everybody's open models. */
export const siliconflow: Partial<ChatQuirks> = {
  thinking: { kind: 'enable_thinking', budgetField: 'thinking_budget' },
  responseFormat: 'json',
  extraFields: { topK: 'top_k', minP: 'min_p' },
  endUser: 'none',
}
