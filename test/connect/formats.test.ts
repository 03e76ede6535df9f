import { describe, expect, it } from 'vitest'
import { type Edit, withEdit } from '../../src/connect/edit.ts'
import { type FormatId, formats } from '../../src/connect/formats/index.ts'

const env: Edit[] = [
  { path: ['env', 'A'], value: 'a' },
  { path: ['env', 'B'], value: 'b' },
]
const codex: Edit[] = [
  { path: ['model'], value: 'm' },
  { path: ['model_provider'], value: 'causeway' },
  { path: ['model_providers', 'causeway', 'name'], value: 'Causeway' },
  { path: ['model_providers', 'causeway', 'wire_api'], value: 'responses' },
]
const table = '[model_providers.causeway]\nname = "Causeway"\nwire_api = "responses"\n'

interface Row {
  readonly name: string
  readonly format: FormatId
  readonly before: string
  readonly edits: readonly Edit[]
  readonly after: string
}

const rows: readonly Row[] = [
  {
    name: 'JSON: an empty file',
    format: 'json',
    before: '',
    edits: env,
    after: '{\n  "env": {\n    "A": "a",\n    "B": "b"\n  }\n}\n',
  },
  {
    name: 'JSON: order and tabs stay',
    format: 'json',
    before: '{\n\t"z": 1,\n\t"env": {\n\t\t"A": "old"\n\t},\n\t"a": [1]\n}\n',
    edits: env,
    after: '{\n\t"z": 1,\n\t"env": {\n\t\t"A": "a",\n\t\t"B": "b"\n\t},\n\t"a": [1]\n}\n',
  },
  {
    name: 'JSON: four spaces and CRLF stay',
    format: 'json',
    before: '{\r\n    "z": 1\r\n}\r\n',
    edits: env.slice(0, 1),
    after: '{\r\n    "z": 1,\r\n    "env": {\r\n        "A": "a"\r\n    }\r\n}\r\n',
  },
  {
    name: 'JSON: comments stay with their lines',
    format: 'json-comments',
    before: '{\n  // first\n  "env": {\n    "Z": 1 // mine\n  } /* end */\n}\n',
    edits: env,
    after: '{\n  // first\n  "env": {\n    "Z": 1, // mine\n    "A": "a",\n    "B": "b"\n  } /* end */\n}\n',
  },
  {
    name: 'JSON: a new table behind a comment',
    format: 'json-comments',
    before: '{\n  "z": 1 // mine\n}\n',
    edits: env,
    after: '{\n  "z": 1, // mine\n  "env": {\n    "A": "a",\n    "B": "b"\n  }\n}\n',
  },
  {
    name: 'JSON: trailing commas stay',
    format: 'json-commas',
    before: '{\n  "env": {\n    "Z": 1, // mine\n  },\n}\n',
    edits: env,
    after: '{\n  "env": {\n    "Z": 1, // mine\n    "A": "a",\n    "B": "b",\n  },\n}\n',
  },
  {
    name: 'JSON: what is last goes, and its comma, and no comment',
    format: 'json-comments',
    before: '{\n  "env": {\n    "Z": 1, // mine\n    "A": "a"\n  }\n}\n',
    edits: [{ path: ['env', 'A'] }],
    after: '{\n  "env": {\n    "Z": 1 // mine\n  }\n}\n',
  },
  {
    name: 'JSON: what is first goes',
    format: 'json',
    before: '{ "A": 1, "B": { "C": 2 } }',
    edits: [{ path: ['A'] }],
    after: '{ "B": { "C": 2 } }',
  },
  {
    name: 'JSON: what is last in a line goes',
    format: 'json',
    before: '{"A": 1, "B": 2}',
    edits: [{ path: ['B'] }],
    after: '{"A": 1}',
  },
  {
    name: 'JSON: what is not there is no trouble',
    format: 'json',
    before: '{"A": 1}',
    edits: [{ path: ['env', 'X'] }, { path: ['B'] }],
    after: '{"A": 1}',
  },
  {
    name: 'TOML: an empty file',
    format: 'toml',
    before: '',
    edits: codex,
    after: `model = "m"\nmodel_provider = "causeway"\n\n${table}`,
  },
  {
    name: 'TOML: names of the top go above the first table',
    format: 'toml',
    before: '# mine\n[tui]\nnotifications = true # yes\n',
    edits: codex,
    after: `model = "m"\nmodel_provider = "causeway"\n\n# mine\n[tui]\nnotifications = true # yes\n\n${table}`,
  },
  {
    name: 'TOML: comments, nested arrays and lists of tables stay',
    format: 'toml',
    before: '# mine\nmodel = "x" # best\nn = [\n  [1, 2], # one\n  ["a"],\n]\n\n[[mcp]]\nname="1"\n[[mcp]]\nname="2"\n',
    edits: codex,
    after: `# mine\nmodel = "m" # best\nn = [\n  [1, 2], # one\n  ["a"],\n]\nmodel_provider = "causeway"\n\n[[mcp]]\nname="1"\n[[mcp]]\nname="2"\n\n${table}`,
  },
  {
    name: 'TOML: another provider is there',
    format: 'toml',
    before: 'model = "m"\nmodel_provider = "other"\n\n[model_providers.other]\nname = \'o\'   # keep\n',
    edits: codex,
    after: `model = "m"\nmodel_provider = "causeway"\n\n[model_providers.other]\nname = 'o'   # keep\n\n${table}`,
  },
  {
    name: 'TOML: CRLF stays',
    format: 'toml',
    before: 'model = "x"\r\n\r\n[tui]\r\na = 1\r\n',
    edits: codex.filter(({ path }) => path[0] !== 'model_provider'),
    after: `model = "m"\r\n\r\n[tui]\r\na = 1\r\n\r\n${table.replaceAll('\n', '\r\n')}`,
  },
  {
    name: 'TOML: what looks like a table in a text is none',
    format: 'toml',
    before: 's = """\n[tui]\nmodel = "no"\n"""\n',
    edits: codex.slice(0, 1),
    after: 's = """\n[tui]\nmodel = "no"\n"""\nmodel = "m"\n',
  },
  {
    name: 'TOML: no line end at the end',
    format: 'toml',
    before: 'model = "m"\nmodel_provider = "causeway"\n[tui]\na = 1',
    edits: codex,
    after: `model = "m"\nmodel_provider = "causeway"\n[tui]\na = 1\n\n${table}`,
  },
  {
    name: 'variables: an empty file',
    format: 'dotenv',
    before: '',
    edits: [{ path: ['A'], value: 'a' }],
    after: 'A=a\n',
  },
  {
    name: 'variables: comments and order stay',
    format: 'dotenv',
    before: '# mine\nZ=1\nexport A="old"\n\nY=2\n',
    edits: [{ path: ['A'], value: 'a' }, { path: ['B'], value: 'b' }, { path: ['Z'] }],
    after: '# mine\nA=a\n\nY=2\nB=b\n',
  },
  {
    name: 'variables: CRLF, and no line end at the end',
    format: 'dotenv',
    before: 'Z=1\r\nY=2',
    edits: [{ path: ['A'], value: 'a' }],
    after: 'Z=1\r\nY=2\r\nA=a',
  },
]

describe('a configuration file is edited and otherwise left alone', () => {
  it.each(rows)('$name', ({ after, before, edits, format }) => {
    expect(formats[format].apply(before, edits)).toBe(after)
  })

  it.each(rows)('$name: twice is once', ({ after, edits, format }) => {
    expect(formats[format].apply(after, edits)).toBe(after)
  })

  it.each(rows)('$name: reads as meant', ({ after, before, edits, format }) => {
    const [old, fresh] = [formats[format].parse(before), formats[format].parse(after)]
    expect(fresh.ok && fresh.tree).toEqual(old.ok && edits.reduce(withEdit, old.tree))
  })
})

describe('TOML in layouts that headers cannot be added to', () => {
  it.each([
    'model_providers = { other = { name = "o" } }\n',
    'model_providers.other.name = "o"\n[tui]\na = 1\n',
    'model_providers.causeway = { name = "Causeway" }\n',
    '[model_providers]\nother = { name = "o" }\n',
  ])('%j', (before) => {
    const [old, fresh] = [formats.toml.parse(before), formats.toml.parse(formats.toml.apply(before, codex))]
    expect(fresh.ok && fresh.tree).toEqual(old.ok && codex.reduce(withEdit, old.tree))
  })
})

describe('what does not parse is told with its line', () => {
  it.each<[FormatId, string, number]>([
    ['json', '{\n  "a": 1,\n  "b": \n}', 4],
    ['json', '{\n  // no\n  "a": 1\n}', 2],
    ['json', '{\n  "a": 1,\n}', 3],
    ['json-comments', '{\n  // yes\n  "a": 1,\n}', 4],
    ['json-commas', '{\n  // yes\n  "a": 1,\n', 4],
    ['json', '[]', 1],
    ['json', 'null', 1],
    ['toml', 'a = 1\nb = = 2\n', 2],
    ['toml', 'a = 1\na = 2\n', 2],
    ['toml', '[a]\nb = 1\n[a]\nc = 1\n', 3],
  ])('%s %j', (format, text, line) => {
    expect(formats[format].parse(text)).toMatchObject({ ok: false, line })
  })
})
