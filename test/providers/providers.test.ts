import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { provider, providers } from '../../src/providers/index.ts'
import { providerRows, providerTable } from '../../src/providers/list.ts'
import { baseUrlOf, type Provider } from '../../src/providers/provider.ts'

const all = [...providers.values()]

const called = (id: string): Provider => {
  const found = provider(id)
  if (!found) throw new Error(`no provider ${id}`)
  return found
}

describe('every row', () => {
  it('is one of many', () => {
    const chat = all.filter((one) => one.formats['openai-chat'])
    expect(chat.length).toBeGreaterThanOrEqual(40)
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  })

  it.each(all.map((one) => [one.id, one] as const))('%s is complete', (id, one) => {
    expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
    expect(providers.get(id)).toBe(one)
    if (id === 'sandbox') expect(existsSync(resolve(import.meta.dirname, '../..', one.docs))).toBe(true)
    else expect(one.docs).toMatch(/^https:\/\/[^ /]+\.[^ ]+$/)
    expect(Object.keys(one.formats).length).toBeGreaterThan(0)
    if (one.baseUrl !== undefined) expect(one.baseUrl).toMatch(/^https?:\/\/[^/].*[^/]$/)
    if (one.baseUrl?.startsWith('http:')) expect(new URL(one.baseUrl).hostname).toBe('127.0.0.1')
    for (const name of one.environment) expect(name).toMatch(/^[A-Z][A-Z0-9_]+$/)
    for (const offer of Object.values(one.formats))
      if (offer.baseUrl !== undefined) expect(offer.baseUrl).toMatch(/^https:\/\/[^ ]+[^/]$/)
  })

  it('that makes a channel from the environment says which models it means', () => {
    const open = all.filter(({ environment, models, baseUrl }) => environment.length > 0 && baseUrl && !models)
    // These serve whatever their operator loaded into them.
    expect(open.map(({ id }) => id).sort()).toEqual(['litellm', 'llamacpp', 'lmstudio', 'sglang', 'vllm'])
  })

  it('has variables of its own: no key makes two channels', () => {
    const names = all.flatMap(({ environment }) => environment)
    expect(names.filter((name, at) => names.indexOf(name) < at)).toEqual([])
  })

  it('names its own path for chat where it has no /v1', () => {
    expect(called('zai').formats['openai-chat']?.quirks?.path).toBe('/api/paas/v4/chat/completions')
    expect(called('groq').formats['openai-chat']?.quirks?.path).toBe('/v1/chat/completions')
    expect(called('ark').formats['openai-responses']?.quirks?.path).toBe('/api/v3/responses')
  })
})

describe('where requests go', () => {
  it.each([
    ['deepseek', 'openai-chat', undefined, 'https://api.deepseek.com'],
    ['deepseek', 'anthropic-messages', undefined, 'https://api.deepseek.com/anthropic'],
    ['deepseek', 'anthropic-messages', 'http://mirror/ds/', 'http://mirror/ds/anthropic'],
    ['deepseek', 'anthropic-messages', 'http://mirror/anthropic', 'http://mirror/anthropic'],
    ['deepseek', 'openai-chat', 'http://mirror/ds', 'http://mirror/ds'],
    ['openai', 'openai-chat', 'https://proxy.example/v1/', 'https://proxy.example'],
    ['zai', 'openai-chat', 'https://api.z.ai/api/paas/v4', 'https://api.z.ai'],
    ['zai', 'anthropic-messages', undefined, 'https://api.z.ai/api/anthropic'],
    ['azure', 'openai-responses', undefined, undefined],
    ['azure', 'openai-responses', 'https://me.openai.azure.com', 'https://me.openai.azure.com'],
  ] as const)('%s in %s below %s', (id, format, root, expected) => {
    expect(baseUrlOf(called(id), format, root)).toBe(expected)
  })
})

describe('which format a model is asked in', () => {
  it.each([
    ['bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', ['anthropic-messages', 'bedrock-converse']],
    ['bedrock', 'amazon.nova-pro-v1:0', ['bedrock-converse']],
    ['vertex', 'gemini-3-pro-preview', ['gemini']],
    ['vertex', 'claude-opus-4-5@20251101', ['anthropic-messages']],
    ['vertex', 'meta/llama-4-maverick-17b-128e-instruct-maas', ['openai-chat']],
    ['openai', 'gpt-5-pro', ['openai-responses']],
    ['openai', 'gpt-4o', ['openai-responses', 'openai-chat']],
    ['xai', 'grok-4.5', ['openai-responses', 'openai-chat']],
    ['groq', 'llama-3.3-70b-versatile', ['openai-chat', 'openai-responses']],
    ['azure', 'claude-opus-4-5', ['anthropic-messages']],
  ])('%s asks %s in %j', (id, model, expected) => {
    const spoken = Object.entries(called(id).formats).filter(([, offer]) => offer.only?.(model) ?? true)
    expect(spoken.map(([format]) => format)).toEqual(expected)
  })
})

describe('the list', () => {
  it('has a line for each, and one of titles', () => {
    const lines = providerTable().split('\n')
    expect(lines).toHaveLength(providerRows().length + 1)
    expect(lines[0]).toMatch(/^ID +FORMATS +KEY FROM +DOCS$/)
    expect(lines.find((line) => line.startsWith('anthropic '))).toMatch(
      /^anthropic +anthropic-messages +ANTHROPIC_API_KEY +https:/,
    )
  })

  it('says who needs an address', () => {
    expect(
      providerRows()
        .filter(({ needsBaseUrl }) => needsBaseUrl)
        .map(({ id }) => id),
    ).toContain('azure')
  })
})
