import { describe, expect, it } from 'vitest'
import type { AnthropicQuirks } from '../../../src/dialects/anthropic-messages/quirks.ts'
import { envelopeMark } from '../../../src/model/envelope.ts'
import { splice } from '../../../src/wire/splice.ts'
import { forwarding, minimal, targetWith } from './support.ts'

/** A server that knows the format's plain fields and no betas. */
const plain: Partial<AnthropicQuirks> = { betas: false, threads: false, toolFields: false, serverTools: false }

function forward(some: object, target = targetWith({}, plain)) {
  const body: Record<string, unknown> = { ...minimal, ...some }
  const { edits, lost, fault, withoutHeaders } = forwarding.edits({ body, headers: {} }, target)
  const bytes = Buffer.from(splice(Buffer.from(JSON.stringify(body)), edits))
  const sent: Record<string, unknown> = JSON.parse(bytes.toString())
  return { sent, lost: lost.map(({ field }) => field), fault, withoutHeaders }
}

const mark = { type: 'ephemeral', ttl: '1h' }
const scoped = { ...mark, scope: 'global' }
const text = (words: string, more: object = {}) => ({ type: 'text', text: words, ...more })
const reminder = (words: string, more: object = {}) => text(`<system-reminder>\n${words}\n</system-reminder>`, more)
const declared = { name: 'Read', description: 'Reads', input_schema: { type: 'object' } }
const reference = { type: 'tool_reference', tool_name: 'WebSearch' }

describe('a server that knows no betas', () => {
  it.each([
    ['context_management', { edits: [] }],
    ['safeguards', [{ type: 'dangerous_tool_use' }]],
    ['diagnostics', {}],
  ])('does not see %s', (field, value) => {
    const { sent, lost } = forward({ [field]: value })
    expect(sent).not.toHaveProperty(field)
    expect(lost).toContain(field)
  })

  const cases: [string, object, object][] = [
    [
      'instructions in the middle join the user’s message before them',
      {
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'system', content: [text('Be.', { cache_control: mark })], output_config: { effort: 'low' } },
          { role: 'system', content: 'Also.' },
          { role: 'assistant', content: 'Yes' },
        ],
      },
      {
        messages: [
          { role: 'user', content: [text('Hi'), reminder('Be.', { cache_control: mark }), reminder('Also.')] },
          { role: 'assistant', content: 'Yes' },
        ],
      },
    ],
    [
      'instructions behind an answer are a user’s',
      {
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'Yes' },
          { role: 'system', content: 'Go on.' },
        ],
      },
      {
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'Yes' },
          { role: 'user', content: [reminder('Go on.')] },
        ],
      },
    ],
    [
      'marks have no scope',
      {
        system: [text('You are.', { cache_control: scoped })],
        messages: [{ role: 'user', content: [text('Hi', { cache_control: scoped })] }],
        tools: [{ ...declared, cache_control: scoped }],
      },
      {
        system: [text('You are.', { cache_control: mark })],
        messages: [{ role: 'user', content: [text('Hi', { cache_control: mark })] }],
        tools: [{ ...declared, cache_control: mark }],
      },
    ],
    [
      'the line by which Anthropic bills is left out',
      { system: [text('x-anthropic-billing-header: cc_version=1;'), text('You are.')] },
      { system: [text('You are.')] },
    ],
    [
      'nothing is left of a system that only bills',
      { system: [text('x-anthropic-billing-header: cc_version=1;')] },
      {},
    ],
    [
      'tools are plain, and deferred ones hidden until a search has named them',
      {
        tools: [
          { ...declared, eager_input_streaming: true, strict: true },
          { ...declared, name: 'WebFetch', defer_loading: true },
        ],
      },
      { tools: [declared] },
    ],
    [
      'a found tool is offered, and its reference told in words',
      {
        messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: [reference] }] }],
        tools: [declared, { ...declared, name: 'WebSearch', defer_loading: true }],
      },
      {
        messages: [
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: 't1', content: [text('Tool "WebSearch" is available.')] }],
          },
        ],
        tools: [declared, { ...declared, name: 'WebSearch' }],
      },
    ],
    [
      'thinking without a display',
      { thinking: { type: 'adaptive', display: 'omitted' } },
      { thinking: { type: 'adaptive' } },
    ],
    [
      'an effort that is not known becomes the nearest',
      { output_config: { effort: 'xhigh' } },
      { output_config: { effort: 'high' } },
    ],
  ]
  it.each(cases)('%s', (_name, asked, expected) => {
    expect(forward(asked).sent).toEqual({ ...minimal, ...expected, model: 'upstream-model' })
  })

  it('gets no beta header', () => {
    expect(forward({}).withoutHeaders).toEqual(['anthropic-beta'])
    expect(forward({}, targetWith()).withoutHeaders).toBeUndefined()
  })

  it('refuses a thread in the words that make the SDK go without', () => {
    const thread = { type: 'create' }
    expect(forward({ thread }).fault).toMatchObject({ details: { error_code: 'thread_unsupported_request' } })
    expect(forward({ thread }, targetWith()).fault).toBeUndefined()
  })
})

describe('another model than the client believes', () => {
  const older = {
    thinks: true,
    thinkingForms: ['enabled', 'disabled'] as const,
    efforts: [],
    budget: { min: 1024, max: 63_999, canBeOff: true },
    maxOutput: 64_000,
  }
  const modern = {
    max_tokens: 32_000,
    thinking: { type: 'adaptive', display: 'omitted' },
    output_config: { effort: 'high' },
    context_management: { edits: [] },
  }

  it('is told to think in the form that it knows, and nothing else changes', () => {
    const { sent, lost } = forward(modern, targetWith(older))
    expect(sent).toEqual({
      ...minimal,
      model: 'upstream-model',
      max_tokens: 32_000,
      thinking: { type: 'enabled', budget_tokens: 25_600 },
      context_management: { edits: [] },
    })
    expect(lost).toEqual(['thinking', 'output_config.effort'])
  })

  it.each([
    ['without thoughts', []],
    ['whose thoughts were another vendor’s', [{ type: 'thinking', thinking: '', signature: `${envelopeMark}x` }]],
  ])('does not think in the middle of a tool loop %s', (_name, thoughts) => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [...thoughts, { type: 'tool_use', id: 't1', name: 'Read', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'x' }] },
    ]
    expect(forward({ ...modern, messages }, targetWith(older)).sent.thinking).toEqual({ type: 'disabled' })
  })

  it.each([
    ['of its own name', { model: 'upstream-model', ...modern }, targetWith(older)],
    ['that no table knows', modern, targetWith({ thinkingForms: [] })],
  ])('a model %s gets the bytes as they came', (_name, body, target) => {
    expect(forward(body, target).sent).toEqual({ ...minimal, ...body, model: 'upstream-model' })
  })
})
