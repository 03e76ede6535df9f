import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Part } from '../../../src/model/part.ts'
import type { ChatRequest, FunctionTool, Tool, ToolName } from '../../../src/model/request.ts'
import { type NameRule, nameTools, type ToolNames } from '../../../src/model/tools/name.ts'
import { requestOf } from './request.ts'

const plain: NameRule = { illegal: /[^a-zA-Z0-9_-]/g, max: 64 }
const lettered: NameRule = { ...plain, first: /[a-zA-Z_]/ }

const named = (name: string, namespace?: string): FunctionTool => ({
  kind: 'function',
  name,
  ...(namespace !== undefined && { namespace }),
})

const calls = (...names: readonly ToolName[]): ChatRequest['turns'] => [
  {
    role: 'assistant',
    parts: names.map(
      (tool): Part => ({ kind: 'tool_call', id: '1', ...tool, tool: { flavor: 'function' }, arguments: '{}' }),
    ),
  },
]

function names(some: Partial<ChatRequest>, rule = plain, wraps = false): ToolNames {
  const named = nameTools(requestOf(some), rule, wraps)
  if (!named.ok) throw new Error(named.fault.message)
  return named.value
}

describe('nameTools', () => {
  it.each<[tool: ToolName, rule: NameRule, wire: RegExp]>([
    [{ name: 'get_weather' }, plain, /^get_weather$/],
    [{ name: 'a.b/c' }, plain, /^a_b_c_[0-9a-f]{8}$/],
    [{ name: 'x'.repeat(64) }, plain, /^x{64}$/],
    [{ name: 'x'.repeat(90) }, plain, /^x{55}_[0-9a-f]{8}$/],
    [{ name: '1st' }, plain, /^1st$/],
    [{ name: '1st' }, lettered, /^_1st_[0-9a-f]{8}$/],
    [{ name: '天气' }, plain, /^___[0-9a-f]{8}$/],
    [{ name: '' }, plain, /^__[0-9a-f]{8}$/],
    [{ name: 'send', namespace: 'mail' }, plain, /^mail__send$/],
    [{ name: 'send', namespace: 'mcp__mail__' }, plain, /^mcp__mail__send$/],
    [{ name: 'send', namespace: 'my mail' }, plain, /^my_mail__send_[0-9a-f]{8}$/],
  ])('%j', (tool, rule, wire) => {
    const declared = names({ tools: [named(tool.name, tool.namespace)] }, rule)
    expect(declared.wire(tool)).toMatch(wire)
    expect(declared.back.get(declared.wire(tool))).toEqual({ ...tool, tool: { flavor: 'function' } })
    const spoken = names({ turns: calls(tool) }, rule)
    expect(spoken.wire(tool)).toBe(declared.wire(tool))
    expect(spoken.back.get(declared.wire(tool))).toMatchObject(tool)
    expect(names({}, rule).wire(tool)).toBe(declared.wire(tool))
  })

  it('tells tools apart that would have one name', () => {
    const tools = [named('b', 'a'), named('a__b'), named('x.y'), named('x/y')]
    const { wire, back } = names({ tools })
    expect(wire({ name: 'b', namespace: 'a' })).toBe('a__b')
    expect(wire({ name: 'a__b' })).toMatch(/^a__b_[0-9a-f]{8}$/)
    expect(wire({ name: 'x.y' })).not.toBe(wire({ name: 'x/y' }))
    expect(back.size).toBe(4)
  })

  it('finds a namespaced tool by its bare name when only one can be meant', () => {
    const tools = [named('send', 'mail'), named('open', 'mail'), named('open', 'door')]
    const { wire, back } = names({ tools, turns: calls({ name: 'send' }) })
    expect(wire({ name: 'send' })).toBe('mail__send')
    expect(wire({ name: 'open' })).toBe('open')
    expect(back.size).toBe(3)
  })

  it('gives a function way to a vendor-run tool of the same name', () => {
    const search: Tool = {
      kind: 'server',
      tool: 'web_search',
      dialect: 'openai-responses',
      type: 'web_search',
      name: 'web_search',
      value: {},
    }
    expect(names({ tools: [named('web_search'), search] }).wire({ name: 'web_search' })).toMatch(
      /^web_search_[0-9a-f]{8}$/,
    )
  })

  it.each([true, false])('knows how each tool is called; free text wrapped: %s', (wraps) => {
    const tools: Tool[] = [
      { kind: 'custom', name: 'patch' },
      { kind: 'typed', dialect: 'anthropic-messages', type: 'bash_20250124', name: 'bash', value: {} },
    ]
    const { back } = names({ tools }, plain, wraps)
    expect(back.get('patch')).toEqual({ name: 'patch', tool: { flavor: 'custom' }, ...(wraps && { wrapped: true }) })
    expect(back.get('bash')).toEqual({ name: 'bash', tool: { flavor: 'typed', type: 'bash_20250124' } })
  })

  it.each<[what: string, tools: Tool[]]>([
    ['functions', [named('a'), named('b'), named('a')]],
    ['a function and a free-text tool', [named('a'), { kind: 'custom', name: 'a' }]],
    ['tools of one namespace', [named('a', 'n'), named('a', 'n')]],
  ])('refuses two %s of one name', (_, tools) => {
    const refused = nameTools(requestOf({ tools }), plain, false)
    expect(refused).toMatchObject({ ok: false, fault: { class: 'invalid', param: 'tools' } })
  })

  it('is legal, reversible, and stable while a conversation grows', () => {
    const tool = fc.record({ name: fc.string({ maxLength: 80 }) })
    fc.assert(
      fc.property(fc.uniqueArray(tool, { selector: ({ name }) => name }), fc.array(tool), (declared, spoken) => {
        const tools = declared.map(({ name }) => named(name))
        const before = names({ tools }, lettered)
        const after = names({ tools, turns: calls(...spoken) }, lettered)
        for (const each of declared) expect(after.wire(each)).toBe(before.wire(each))
        for (const each of [...declared, ...spoken]) {
          expect(after.wire(each)).toMatch(/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/)
          expect(after.back.get(after.wire(each))?.name).toBe(each.name)
        }
      }),
    )
  })
})
