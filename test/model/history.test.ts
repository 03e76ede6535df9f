import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  answerPrefill,
  asText,
  dropEmpty,
  mergeTurns,
  pairCalls,
  startWithUser,
  systemTurnsAsUser,
  textOf,
} from '../../src/model/history.ts'
import type { Part, ToolCallPart, ToolResultPart } from '../../src/model/part.ts'
import type { Turn } from '../../src/model/request.ts'

const tool = { flavor: 'function' } as const
const text = (said: string): Part => ({ kind: 'text', text: said })
const call = (id: string, name = 'f'): ToolCallPart => ({ kind: 'tool_call', id, name, tool, arguments: '{}' })
const result = (id: string, said = 'ok', name?: string): ToolResultPart => ({
  kind: 'tool_result',
  id,
  tool,
  parts: [text(said)],
  ...(name !== undefined && { name }),
})
const missing = (id: string): ToolResultPart => ({ ...result(id, '[no result supplied by client]'), isError: true })
const user = (...parts: Part[]): Turn => ({ role: 'user', parts })
const assistant = (...parts: Part[]): Turn => ({ role: 'assistant', parts })
const system = (...parts: Part[]): Turn => ({ role: 'system', parts })
const fields = (passed: { readonly lost: readonly { readonly field: string }[] }) =>
  passed.lost.map(({ field }) => field)

describe('pairCalls', () => {
  const image: Part = { kind: 'media', media: 'image', source: { kind: 'url', url: 'https://example.com' } }
  it.each<[what: string, from: Turn[], to: Turn[], lost?: string[]]>([
    [
      'puts results first, in the order of the calls',
      [assistant(call('a'), call('b')), user(text('and'), result('b'), result('a'))],
      [assistant(call('a'), call('b')), user(result('a'), result('b'), text('and'))],
    ],
    [
      'gathers results from several turns',
      [assistant(call('a'), call('b')), user(result('a')), user(text('hm')), user(result('b'))],
      [assistant(call('a'), call('b')), user(result('a'), result('b')), user(text('hm'))],
    ],
    [
      'lets nothing stand between a call and its result',
      [assistant(call('a')), system(text('s')), user(result('a'), text('x'))],
      [assistant(call('a')), user(result('a')), system(text('s')), user(text('x'))],
    ],
    [
      'joins an answer that was told in pieces',
      [user(text('q')), assistant(call('a')), assistant(call('b')), user(result('a'), result('b'))],
      [user(text('q')), assistant(call('a'), call('b')), user(result('a'), result('b'))],
    ],
    [
      'says which results are missing',
      [assistant(call('a'), call('b')), user(result('b'))],
      [assistant(call('a'), call('b')), user(missing('a'), result('b'))],
      ['messages[0]'],
    ],
    [
      'answers calls at the end',
      [user(text('q')), assistant(call('a'))],
      [user(text('q')), assistant(call('a')), user(missing('a'))],
      ['messages[1]'],
    ],
    [
      'tells a result without a call as text',
      [user(result('x', 'late')), assistant(text('t')), user({ ...result('y'), parts: [text('1'), image, text('2')] })],
      [
        user(text('Result of an earlier tool call x: late')),
        assistant(text('t')),
        user(text('Result of an earlier tool call y: 1\n\n2'), image),
      ],
      ['messages[0]', 'messages[2]'],
    ],
    [
      'does not take a second result of one call',
      [assistant(call('a')), user(result('a', '1'), result('a', '2'))],
      [assistant(call('a')), user(result('a', '1'), text('Result of an earlier tool call a: 2'))],
      ['messages[1]'],
    ],
    [
      'does not take a result that came a turn too late',
      [assistant(call('a')), user(text('?')), assistant(text('!')), user(result('a'))],
      [
        assistant(call('a')),
        user(missing('a'), text('?')),
        assistant(text('!')),
        user(text('Result of an earlier tool call a: ok')),
      ],
      ['messages[0]', 'messages[3]'],
    ],
    [
      'takes the name off ids that carry it, on both sides',
      [assistant(call('f__call_x')), user(result('f__call_x'))],
      [assistant(call('call_x')), user(result('call_x'))],
    ],
    [
      'takes the name off the result alone',
      [assistant(call('call_x')), user(result('f__call_x'))],
      [assistant(call('call_x')), user(result('call_x'))],
    ],
    [
      'pairs by name and then by order where there is no id',
      [
        assistant(call('', 'f'), call('', 'g'), call('', 'f')),
        user(result('', '1', 'f'), result('', '2', 'f'), result('', '3', 'g')),
      ],
      [
        assistant(call('call_1', 'f'), call('call_2', 'g'), call('call_3', 'f')),
        user(result('call_1', '1', 'f'), result('call_2', '3', 'g'), result('call_3', '2', 'f')),
      ],
    ],
    [
      'takes an id that is the name for none',
      [assistant(call('f'), call('f')), user(result('f', '1'), result('f', '2', 'f'))],
      [assistant(call('call_1'), call('call_2')), user(result('call_1', '1'), result('call_2', '2', 'f'))],
    ],
    [
      'pairs by order alone where nothing is said',
      [assistant(call('a'), call('b')), user(result('b', '1'), result('', '2'))],
      [assistant(call('a'), call('b')), user(result('a', '2'), result('b', '1'))],
    ],
    [
      'makes ids unique that repeat within a turn and between turns',
      [
        assistant(call('0'), call('0')),
        user(result('0', '1'), result('0', '2')),
        assistant(call('0')),
        user(result('0', '3')),
      ],
      [
        assistant(call('0'), call('0_2')),
        user(result('0', '1'), result('0_2', '2')),
        assistant(call('0_3')),
        user(result('0_3', '3')),
      ],
    ],
  ])('%s', (_, from, to, lost = []) => {
    const passed = pairCalls(from)
    expect(passed.turns).toEqual(to)
    expect(fields(passed)).toEqual(lost)
  })

  it('gives back what it was given when nothing has to change', () => {
    const turns = [
      system(text('s')),
      user(text('q')),
      assistant(text('t'), call('a'), call('b')),
      user(result('a'), result('b'), text('more')),
      assistant(text('x')),
      assistant(text('y')),
      user(),
    ]
    expect(pairCalls(turns).turns).toBe(turns)
    expect(pairCalls([]).turns).toEqual([])
  })

  const ids = fc.constantFrom('', 'a', 'b', 'f', 'f__a', 'call_1', 'a_2')
  const part = fc.oneof(
    ids.map((id): Part => call(id)),
    fc
      .tuple(ids, fc.option(fc.constantFrom('f', 'g'), { nil: undefined }))
      .map(([id, name]): Part => result(id, 'r', name)),
    fc.constant(text('t')),
  )
  const turn = fc.oneof(
    fc
      .array(
        part.filter(({ kind }) => kind !== 'tool_result'),
        { maxLength: 3 },
      )
      .map((parts) => assistant(...parts)),
    fc
      .array(
        part.filter(({ kind }) => kind !== 'tool_call'),
        { maxLength: 4 },
      )
      .map((parts) => user(...parts)),
    fc.constant(system(text('s'))),
  )

  it('leaves every call answered at once, each result with its call, and is done after one pass', () => {
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 8 }), (turns) => {
        const passed = pairCalls(turns)
        const seen = new Set<string>()
        for (const [at, { role, parts }] of passed.turns.entries()) {
          const calls =
            role === 'assistant' ? parts.filter((each) => each.kind === 'tool_call').map(({ id }) => id) : []
          const answers = passed.turns[at + 1]?.parts.slice(0, calls.length) ?? []
          expect(answers.map((each) => each.kind === 'tool_result' && each.id)).toEqual(calls)
          for (const id of calls) {
            expect(seen.has(id)).toBe(false)
            seen.add(id)
          }
        }
        const count = passed.turns.flatMap(({ parts }) => parts.filter(({ kind }) => kind === 'tool_result')).length
        expect(count).toBe(seen.size)
        expect(pairCalls(passed.turns)).toEqual({ turns: passed.turns, lost: [] })
      }),
    )
  })

  it('gives the beginning of a longer history the same ids', () => {
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 6 }), fc.array(turn, { maxLength: 4 }), (before, after) => {
        const short = pairCalls([...before, user(text('end'))]).turns
        const long = pairCalls([...before, user(text('end')), assistant(text('so')), ...after]).turns
        expect(long.slice(0, short.length)).toEqual(short)
      }),
    )
  })
})

describe('mergeTurns', () => {
  it('joins neighbours of one role, but not system turns', () => {
    const turns = [
      user(text('a')),
      user(text('b')),
      assistant(text('c')),
      system(text('d')),
      system(text('e')),
      user(text('f')),
    ]
    expect(mergeTurns(turns)).toEqual([user(text('a'), text('b')), ...turns.slice(2)])
    expect(mergeTurns(turns.slice(2))).toEqual(turns.slice(2))
  })

  it('gives back what it was given when there is nothing to join', () => {
    const turns = [user(text('a')), assistant(text('b'))]
    expect(mergeTurns(turns)).toBe(turns)
  })

  it('keeps a name or a phase that both have', () => {
    const [ann, bob] = [
      { ...user(text('a')), name: 'ann' },
      { ...user(text('b')), name: 'bob' },
    ]
    expect(mergeTurns([ann, ann])).toEqual([{ ...user(text('a'), text('a')), name: 'ann' }])
    expect(mergeTurns([ann, bob])).toEqual([user(text('a'), text('b'))])
  })
})

describe('dropEmpty', () => {
  const seal = { dialect: 'gemini', kind: 'thought', data: 's' } as const
  it.each<[what: string, from: Turn[], to: Turn[]]>([
    ['blank texts', [user(text(' \n'), text('a')), user(text(''))], [user(text('a'))]],
    ['turns of nothing', [user(), assistant(text('a'))], [assistant(text('a'))]],
    [
      'thoughts of nothing',
      [assistant({ kind: 'thinking', text: '', form: 'summary' }, text('a'))],
      [assistant(text('a'))],
    ],
    ['blank texts in results', [user({ ...result('a'), parts: [text('')] })], [user({ ...result('a'), parts: [] })]],
  ])('leaves out %s', (_, from, to) => {
    expect(dropEmpty(from)).toEqual(to)
  })

  it('keeps what carries state, and what it was given when there is nothing to leave out', () => {
    const turns = [
      assistant({ kind: 'text', text: '', seal }, { kind: 'thinking', text: '', form: 'redacted', seal }, call('a')),
      user(result('a')),
    ]
    expect(dropEmpty(turns)).toBe(turns)
  })
})

describe('turns that a target does not take', () => {
  it('startWithUser', () => {
    const resumed = user(text('(conversation resumed)'))
    expect(startWithUser([assistant(text('a'))])).toEqual([resumed, assistant(text('a'))])
    expect(startWithUser([])).toEqual([resumed])
    const turns = [user(text('a'))]
    expect(startWithUser(turns)).toBe(turns)
  })

  it('systemTurnsAsUser', () => {
    const cache = { ttl: '5m' } as const
    const passed = systemTurnsAsUser([
      user(text('a')),
      system(text('b'), { kind: 'text', text: 'c', cache }),
      system(text(' ')),
    ])
    expect(passed.turns).toEqual([
      user(text('a')),
      user({ kind: 'text', text: '<system-reminder>\nb\n\nc\n</system-reminder>', cache }),
    ])
    expect(fields(passed)).toEqual(['messages[1]', 'messages[2]'])
    const turns = [user(text('a'))]
    expect(systemTurnsAsUser(turns)).toEqual({ turns, lost: [] })
  })

  it('answerPrefill', () => {
    const turns = [user(text('a')), assistant(text('b'))]
    expect(answerPrefill(turns)).toEqual({
      turns: [...turns, user(text('Continue.'))],
      lost: [{ field: 'messages[1]', how: 'changed' }],
    })
    expect(answerPrefill(turns.slice(0, 1))).toEqual({ turns: turns.slice(0, 1), lost: [] })
    expect(answerPrefill([])).toEqual({ turns: [], lost: [] })
  })
})

describe('textOf and asText', () => {
  const cache = { ttl: '1h' } as const
  it('textOf joins texts alone', () => {
    expect(textOf([text('a'), call('x'), text('b')])).toBe('a\n\nb')
    expect(textOf([])).toBe('')
  })

  it.each<[what: string, part: Part, said: string | undefined]>([
    ['a text', text('a'), 'a'],
    [
      'a document',
      { kind: 'media', media: 'document', source: { kind: 'text', text: 'body' }, title: 'T', context: 'C' },
      'T\nC\n\nbody',
    ],
    [
      'a document without a title',
      { kind: 'media', media: 'document', source: { kind: 'text', text: 'body' } },
      'body',
    ],
    [
      'a document in base64',
      { kind: 'media', media: 'document', source: { kind: 'base64', data: 'w6k=' }, mime: 'text/plain', name: 'e.txt' },
      'e.txt\n\né',
    ],
    [
      'a document of texts',
      { kind: 'media', media: 'document', source: { kind: 'parts', parts: [text('a'), text('b')] } },
      'a\n\nb',
    ],
    [
      'a document with more than texts',
      { kind: 'media', media: 'document', source: { kind: 'parts', parts: [text('a'), call('b')] } },
      undefined,
    ],
    [
      'a paper',
      { kind: 'media', media: 'document', source: { kind: 'base64', data: 'AA==' }, mime: 'application/pdf' },
      undefined,
    ],
    [
      'a search result',
      { kind: 'search_result', source: 'https://a.b', title: 'T', parts: [text('a')] },
      'T\nhttps://a.b\n\na',
    ],
    ['a tool reference', { kind: 'tool_reference', name: 'f' }, 'Tool "f" is available.'],
    ['a call', call('a'), undefined],
  ])('asText of %s', (_, part, said) => {
    expect(asText(part)).toEqual(said === undefined ? undefined : { kind: 'text', text: said })
    if (said !== undefined) expect(asText({ ...part, cache })).toEqual({ kind: 'text', text: said, cache })
  })
})
