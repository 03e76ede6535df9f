import { describe, expect, it } from 'vitest'
import { type ListedModel, writeModels } from '../../src/endpoints/models.ts'

const listed = (model: ListedModel, query = 'client_version=0.169.0'): unknown =>
  writeModels('openai', [model], new URLSearchParams(query)).models

/** What Codex 0.169 refuses the whole list without, found by leaving each out. */
const required = {
  slug: expect.any(String),
  display_name: expect.any(String),
  base_instructions: expect.stringMatching(/\S/),
  supported_reasoning_levels: expect.any(Array),
  shell_type: expect.any(String),
  visibility: expect.any(String),
  supported_in_api: expect.any(Boolean),
  priority: expect.any(Number),
  support_verbosity: expect.any(Boolean),
  truncation_policy: { mode: 'bytes', limit: expect.any(Number) },
  experimental_supported_tools: expect.any(Array),
}

describe('the catalogue that Codex asks for', () => {
  it('has every field that it needs of every model', () => {
    expect(listed({ id: 'a' })).toEqual([expect.objectContaining({ ...required, slug: 'a' })])
  })

  it('names the levels of thinking that the model has', () => {
    const levels = (efforts: readonly string[]) => listed({ id: 'a', efforts })
    expect(levels(['none', 'low', 'medium'])).toMatchObject([
      {
        supported_reasoning_levels: [{ effort: 'low' }, { effort: 'medium' }],
        default_reasoning_level: 'medium',
      },
    ])
    expect(levels(['high'])).toEqual([expect.not.objectContaining({ default_reasoning_level: expect.anything() })])
    expect(listed({ id: 'a' })).toMatchObject([{ supported_reasoning_levels: [] }])
  })

  // Without a window Codex never compacts and ends in an overflow.
  it.each([
    [{ id: 'a' }, 128_000],
    [{ id: 'a', maxInput: 32_768 }, 32_768],
  ])('says how much fits: %j', (model, window) => {
    expect(listed(model)).toMatchObject([{ context_window: window, max_context_window: window }])
  })

  it('is left out for everybody else', () => {
    expect(listed({ id: 'a' }, '')).toBeUndefined()
  })
})
