import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CustomTool, FunctionTool, Tool, ToolChoice, TypedTool } from '../../../src/model/request.ts'
import { isWholeJson, toolInput } from '../../../src/model/tools/arguments.ts'
import { forcedTool, offeredTools } from '../../../src/model/tools/choice.ts'
import { wireId } from '../../../src/model/tools/id.ts'
import { fullDescription, functionForm } from '../../../src/model/tools/typed.ts'
import { requestOf } from './request.ts'

describe('toolInput', () => {
  it.each<[text: string, input: Record<string, unknown>, whole: boolean]>([
    ['', {}, false],
    [' \n', {}, false],
    ['{}', {}, true],
    ['{"a":[1]}', { a: [1] }, true],
    ['null', {}, true],
    ['[1]', { value: [1] }, true],
    ['"x"', { value: 'x' }, true],
    ['0', { value: 0 }, true],
    ['{"a":', { _raw: '{"a":' }, false],
    ['ls -l', { _raw: 'ls -l' }, false],
  ])('%j', (text, input, whole) => {
    expect(toolInput(text)).toEqual(input)
    expect(isWholeJson(text)).toBe(whole)
  })
})

describe('wireId', () => {
  it.each(['toolu_01A09q90qw90lq917835lq9', 'call_abc-DEF', 'a', 'x'.repeat(40)])('keeps %s', (id) => {
    expect(wireId(id)).toBe(id)
  })

  it('makes every other id short, plain and the same again', () => {
    expect(wireId('functions.f:0')).toMatch(/^call_[a-z2-7]{26}$/)
    fc.assert(
      fc.property(fc.string(), fc.string(), (left, right) => {
        expect(wireId(left)).toMatch(/^[A-Za-z0-9_-]{1,40}$/)
        expect(wireId(left)).toBe(wireId(left))
        expect(wireId(left) === wireId(right)).toBe(left === right)
      }),
    )
  })

  it('is the RFC 4648 base32 of the SHA-256', () => {
    // e3b0c442 98fc1c14 9afbf4c8 996fb924 27…: the digest of nothing.
    expect(wireId('')).toBe('call_4oymiquy7qobjgx36tejs35zeq')
  })
})

const named = (name: string, namespace?: string): FunctionTool => ({
  kind: 'function',
  name,
  ...(namespace !== undefined && { namespace }),
})
const search: Tool = {
  kind: 'server',
  tool: 'web_search',
  dialect: 'openai-responses',
  type: 'web_search',
  name: 'web_search',
  value: {},
}
const vendor: Tool = { kind: 'opaque', dialect: 'gemini', type: 'googleMaps', value: {} }
const tools = [named('a'), named('b'), named('a', 'ns'), search, vendor]

describe('offeredTools and forcedTool', () => {
  it.each<[choice: ToolChoice | undefined, offered: Tool[], forced?: string]>([
    [undefined, tools],
    [{ mode: 'none' }, tools],
    [{ mode: 'auto' }, tools],
    [{ mode: 'required' }, tools],
    [{ mode: 'required', only: [{ name: 'b' }] }, tools, 'b'],
    [{ mode: 'auto', only: [{ name: 'b' }] }, [named('b')]],
    [{ mode: 'required', only: [{ name: 'a' }, { name: 'b' }] }, [named('a'), named('b'), named('a', 'ns')]],
    [{ mode: 'auto', only: [{ name: 'a', namespace: 'ns' }, { name: 'web_search' }] }, [named('a', 'ns'), search]],
    [{ mode: 'auto', only: [{ name: 'googleMaps' }] }, [vendor]],
    [{ mode: 'auto', only: [{ name: 'gone' }] }, []],
  ])('%j', (toolChoice, offered, forced) => {
    const request = requestOf({ tools, ...(toolChoice && { toolChoice }) })
    expect(offeredTools(request)).toEqual(offered)
    expect(forcedTool(toolChoice)?.name).toBe(forced)
    if (offered.length === tools.length) expect(offeredTools(request)).toBe(tools)
  })
})

const typed = (dialect: TypedTool['dialect'], type: string, name: string): TypedTool => ({
  kind: 'typed',
  dialect,
  type,
  name,
  value: { type, name },
})

describe('functionForm', () => {
  it.each<[tool: TypedTool, properties: string[], required?: string[]]>([
    [typed('anthropic-messages', 'bash_20250124', 'bash'), ['command', 'restart']],
    [
      typed('anthropic-messages', 'text_editor_20250728', 'str_replace_based_edit_tool'),
      ['command', 'path', 'view_range', 'file_text', 'old_str', 'new_str', 'insert_line', 'insert_text'],
      ['command', 'path'],
    ],
    [
      typed('anthropic-messages', 'text_editor_20250124', 'str_replace_editor'),
      ['command', 'path', 'view_range', 'file_text', 'old_str', 'new_str', 'insert_line'],
      ['command', 'path'],
    ],
    [
      typed('anthropic-messages', 'memory_20250818', 'memory'),
      'command path view_range file_text old_str new_str insert_line insert_text old_path new_path'.split(' '),
      ['command'],
    ],
    [typed('openai-responses', 'shell', 'shell'), ['commands', 'timeout_ms', 'max_output_length'], ['commands']],
    [
      typed('openai-responses', 'local_shell', 'local_shell'),
      ['command', 'env', 'timeout_ms', 'user', 'working_directory'],
      ['command'],
    ],
    [typed('openai-responses', 'apply_patch', 'apply_patch'), ['type', 'path', 'diff'], ['type', 'path']],
  ])('$type has one', (tool, properties, required = []) => {
    const form = functionForm(tool)
    expect(form).toMatchObject({
      kind: 'function',
      name: tool.name,
      strict: false,
      schema: { type: 'object', required },
    })
    expect(Object.keys(Object(form?.schema?.properties))).toEqual(properties)
    expect(form?.description).not.toBe('')
  })

  it.each([
    typed('anthropic-messages', 'computer_20250124', 'computer'),
    typed('anthropic-messages', 'browser_toolset_20260801', 'browser'),
    typed('openai-responses', 'computer_use_preview', 'computer'),
    typed('gemini', 'shell', 'shell'),
  ])('$type of $dialect has none', (tool) => {
    expect(functionForm(tool)).toBeUndefined()
  })

  it('keeps the marks of the declaration', () => {
    const tool: TypedTool = { ...typed('openai-responses', 'shell', 'shell'), cache: { ttl: '1h' }, deferred: true }
    expect(functionForm(tool)).toMatchObject({ cache: { ttl: '1h' }, deferred: true })
  })
})

describe('fullDescription', () => {
  it.each<[tool: FunctionTool | CustomTool, said: string | undefined]>([
    [named('f'), undefined],
    [{ ...named('f'), description: 'd' }, 'd'],
    [{ ...named('f'), description: '' }, ''],
    [{ ...named('f'), description: 'd', examples: [] }, 'd'],
    [{ ...named('f'), description: 'd', examples: [{ a: 1 }, { a: 2 }] }, 'd\n\nExamples:\n{"a":1}\n{"a":2}'],
    [{ ...named('f'), examples: [{ input: 'x' }] }, 'Examples:\n{"input":"x"}'],
    [{ kind: 'custom', name: 'c', description: 'd' }, 'd'],
    [
      { kind: 'custom', name: 'c', description: 'd', grammar: { syntax: 'lark', definition: 'start: "x"' } },
      'd\n\nThe input is free text that must match this Lark grammar:\nstart: "x"',
    ],
    [
      { kind: 'custom', name: 'c', grammar: { syntax: 'regex', definition: '^x$' } },
      'The input is free text that must match this regular expression:\n^x$',
    ],
  ])('%j', (tool, said) => {
    expect(fullDescription(tool)).toBe(said)
  })
})
