import { describe, expect, it } from 'vitest'
import { upstreamCodecs } from '../../src/dialects/index.ts'
import { anyModel } from '../../src/model/capability.ts'
import type { DialectId } from '../../src/model/dialect.ts'
import type { ChatRequest, OpaqueTool } from '../../src/model/request.ts'

const fields: readonly [DialectId, string, unknown][] = [
  ['anthropic-messages', 'container', 'container_1'],
  ['anthropic-messages', 'thread', { continue: 'thread_1' }],
  ['openai-responses', 'conversation', 'conv_1'],
  ['openai-responses', 'prompt', { id: 'pmpt_1' }],
  ['gemini', 'cachedContent', 'cachedContents/1'],
]

const tools: readonly [OpaqueTool['dialect'], string, 'refused' | 'lost'][] = [
  ['anthropic-messages', 'advisor_20260301', 'refused'],
  ['openai-responses', 'file_search', 'refused'],
  ['openai-chat', 'openrouter:web_search', 'refused'],
  ['gemini', 'fileSearch', 'refused'],
  ['gemini', 'googleMaps', 'lost'],
]

const asking = (format: DialectId, native: Record<string, unknown>): ChatRequest => ({
  format,
  model: 'm',
  stream: false,
  system: [],
  turns: [{ role: 'user', parts: [{ kind: 'text', text: 'And what did I say?' }] }],
  tools: [],
  sampling: {},
  thinking: { mode: 'default' },
  output: { format: { kind: 'text' } },
  identity: {},
  native,
  lost: [],
})

describe.each(fields)('%s %s, which the vendor alone can open', (format, field, value) => {
  describe.each(Object.values(upstreamCodecs))('towards $format', (codec) => {
    const written = (given: unknown) =>
      codec.writeRequest(asking(format, { [field]: given }), {
        model: 'm',
        capabilities: anyModel,
        quirks: codec.quirks,
      })

    it('is refused elsewhere, never dropped', () => {
      expect(written(value)).toMatchObject(
        codec.format === format ? { ok: true } : { ok: false, fault: { class: 'unsupported', param: field } },
      )
    })

    it('is nothing when it is null', () => {
      expect(written(null).ok).toBe(true)
    })
  })
})

describe.each(tools)('%s: the tool %s, which no other format has, is %s', (dialect, type, fate) => {
  it.each(['anthropic-messages', 'openai-chat', 'openai-responses'] as const)('towards %s', (format) => {
    const codec = upstreamCodecs[format]
    const tool: OpaqueTool = { kind: 'opaque', dialect, type, value: { type } }
    const written = codec.writeRequest(
      { ...asking(dialect, {}), tools: [tool] },
      { model: 'm', capabilities: anyModel, quirks: codec.quirks },
    )
    if (dialect === format) expect(written.ok).toBe(true)
    else if (fate === 'refused') expect(written).toMatchObject({ ok: false, fault: { param: 'tools' } })
    else expect(written).toMatchObject({ ok: true, value: { lost: [{ field: type }] } })
  })
})
