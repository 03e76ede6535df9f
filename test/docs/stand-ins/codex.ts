import { parse } from '@decimalturn/toml-patch'
import { type Ask, type Errand, type Frame, optionsOf } from './errand.ts'
import { homeFile } from './settings.ts'
import type { StandIn } from './stand-in.ts'

/** The file's settings, and over them those of `-c a.b="value"`. */
function settings(changes: readonly string[]): Frame {
  const tree: Frame = parse(homeFile('.codex', 'config.toml') ?? '')
  for (const change of changes) {
    const [, path = '', value = ''] = /^([\w.]+)=(.*)$/.exec(change) ?? []
    const names = path.split('.')
    const last = names.pop() ?? ''
    const table = names.reduce((place, name) => (place[name] ??= {}), tree)
    table[last] = JSON.parse(value)
  }
  return tree
}

const input = ({ call, prompt }: Errand): unknown[] => [
  { type: 'message', role: 'user', content: [{ type: 'input_text', text: prompt }] },
  ...(call
    ? [
        { type: 'function_call', call_id: call.id, name: call.name, arguments: JSON.stringify(call.input) },
        { type: 'function_call_output', call_id: call.id, output: call.output },
      ]
    : []),
]

export const codex: StandIn = {
  prompt: (words) => optionsOf(words, ['-c', '-m']).rest[1],
  ask(words, errand): Ask {
    const given = optionsOf(words, ['-c', '-m'])
    const { model, model_provider: name, model_providers: providers } = settings(given.all('-c'))
    const { base_url: url, env_key: variable, experimental_bearer_token: token, wire_api: format } = providers[name]
    if (format !== 'responses') throw new Error(`wire_api ${format} is not spoken any more`)
    return {
      url: `${url}/responses`,
      headers: {
        authorization: `Bearer ${variable === undefined ? token : process.env[variable]}`,
        originator: 'codex_exec',
      },
      body: {
        model: given.last('-m') ?? model,
        stream: true,
        store: false,
        include: ['reasoning.encrypted_content'],
        input: input(errand),
        tools: [
          {
            type: 'function',
            name: errand.call?.name ?? 'exec_command',
            strict: false,
            parameters: { type: 'object' },
          },
        ],
      },
    }
  },
  answer(frames) {
    if (frames.at(-1)?.type !== 'response.completed') throw new Error('stream closed before response.completed')
    const items = frames.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item)
    return items
      .flatMap(({ content, type }) => (type === 'message' ? content : []))
      .map(({ text }) => text)
      .join('')
  },
}
