import type { UpstreamFormat } from '../../src/model/dialect.ts'

/** A channel of the gateway under test. `model`: what it is asked for where a recording does not say. */
export interface TestChannel {
  readonly name: string
  readonly provider: string
  readonly format: UpstreamFormat
  readonly model: string
}

const chat = (provider: string, model: string): TestChannel => ({
  name: `chat-${provider}`,
  provider,
  format: 'openai-chat',
  model,
})

/** The channel that stands for the format's own vendor. */
export const representative: Record<UpstreamFormat, TestChannel> = {
  'anthropic-messages': {
    name: 'messages',
    provider: 'anthropic',
    format: 'anthropic-messages',
    model: 'claude-sonnet-4-5',
  },
  'openai-chat': chat('openai', 'gpt-4o'),
  'openai-responses': { name: 'responses', provider: 'openai', format: 'openai-responses', model: 'gpt-5.2' },
  gemini: { name: 'gemini', provider: 'gemini', format: 'gemini', model: 'gemini-3-pro-preview' },
  'bedrock-converse': {
    name: 'converse',
    provider: 'bedrock',
    format: 'bedrock-converse',
    model: 'amazon.nova-pro-v1:0',
  },
}

/** Vendors of recordings that have a row of their own in `src/providers/`. */
const others: Record<string, TestChannel> = {
  'openai-chat/alibaba': chat('dashscope', 'qwen3-max'),
  'openai-chat/azure': chat('azure', 'gpt-4o'),
  'openai-chat/cerebras': chat('cerebras', 'gpt-oss-120b'),
  'openai-chat/deepseek': chat('deepseek', 'deepseek-chat'),
  'openai-chat/google': chat('compatible', 'gemini-2.5-pro'),
  'openai-chat/groq': chat('groq', 'llama-3.3-70b-versatile'),
  'openai-chat/huggingface': chat('huggingface', 'Qwen2.5-72B-Instruct'),
  'openai-chat/mistral': chat('mistral', 'mistral-large-latest'),
  'openai-chat/moonshotai': chat('moonshot', 'kimi-k2'),
  'openai-chat/openrouter': chat('openrouter', 'claude-sonnet-4'),
  'openai-chat/perplexity': chat('perplexity', 'sonar'),
  'openai-chat/xai': chat('xai', 'grok-3'),
  'openai-chat/zai': chat('zai', 'glm-4.6'),
  'openai-responses/azure': {
    name: 'responses-azure',
    provider: 'azure',
    format: 'openai-responses',
    model: 'gpt-5.2',
  },
  'openai-responses/openrouter': {
    name: 'responses-openrouter',
    provider: 'openrouter',
    format: 'openai-responses',
    model: 'gpt-5.2',
  },
  'openai-responses/xai': { name: 'responses-xai', provider: 'xai', format: 'openai-responses', model: 'grok-4' },
  'gemini/google-vertex': {
    name: 'vertex',
    provider: 'vertex',
    format: 'gemini',
    model: 'gemini-3-pro-preview',
  },
}

/** The channel that a recording is replayed through. */
export const channelOf = ({ format, vendor }: { format: UpstreamFormat; vendor: string }): TestChannel =>
  others[`${format}/${vendor}`] ?? representative[format]

/** The name that a model of a channel is asked for by, so that it must be put back for the upstream. */
export const aliasOf = (channel: TestChannel, model: string): string => `${channel.name}/alias/${model}`

/**
 * The configuration of a gateway with all of them. A model is asked for as `CHANNEL/MODEL`, those in `aliased` (by
 * channel) by `aliasOf` as well. Each channel's path begins with its format.
 */
export const configuration = (
  upstream: string,
  key: string,
  aliased: ReadonlyMap<string, ReadonlySet<string>>,
): string => `
sandbox: false
channels:${[...Object.values(representative), ...Object.values(others)]
  .map((channel) => {
    const { format, name, provider } = channel
    const aliases = [...(aliased.get(name) ?? [])].map((model) => ({ name: aliasOf(channel, model), upstream: model }))
    return `
  - name: ${name}
    provider: ${provider}
    base_url: ${upstream}/${format}
    keys: [upstream-key]
    dialects: [${format}]
    models: ${JSON.stringify([...aliases, `${name}/*`])}`
  })
  .join('')}
keys: [{ name: test, key: ${key} }]
`
