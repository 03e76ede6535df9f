import { describe, expect, it } from 'vitest'
import { minimal, readBody, resultOf } from './support.ts'

const tool = (name: string, more: object = {}) => ({ name, input_schema: { type: 'object' }, ...more })
const later = (name: string) => tool(name, { defer_loading: true })
const search = tool('ToolSearch')

const ask = { role: 'user', content: 'Look it up' }
const searched = [
  { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'ToolSearch', input: {} }] },
  {
    role: 'user',
    content: [
      { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'tool_reference', tool_name: 'WebSearch' }] },
    ],
  },
]
const called = [{ role: 'assistant', content: [{ type: 'tool_use', id: 't2', name: 'WebFetch', input: {} }] }]

describe('deferred tools on an upstream that knows none', () => {
  it.each([
    ['are not offered before a search', [search, later('WebSearch'), later('WebFetch')], [ask], ['ToolSearch']],
    [
      'are offered once a search has named them',
      [search, later('WebSearch'), later('WebFetch')],
      [ask, ...searched],
      ['ToolSearch', 'WebSearch'],
    ],
    ['are offered once they were called', [search, later('WebFetch')], [ask, ...called], ['ToolSearch', 'WebFetch']],
    ['are all offered where nothing is left to search them', [later('WebSearch')], [ask], ['WebSearch']],
  ])('%s', (_name, tools, messages, offered) => {
    const request = resultOf(readBody({ ...minimal, tools, messages }))
    expect(request.tools.map((shown) => 'name' in shown && shown.name)).toEqual(offered)
  })

  it('stay deferred where the vendor searches them', () => {
    const vendors = { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' }
    const request = resultOf(readBody({ ...minimal, tools: [vendors, search, later('WebSearch')] }))
    expect(request.tools).toMatchObject([{ kind: 'server' }, { name: 'ToolSearch' }, { deferred: true }])
  })
})
