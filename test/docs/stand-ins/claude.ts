import { readFileSync } from 'node:fs'
import { type Ask, type Errand, type Frame, optionsOf } from './errand.ts'
import { homeFile } from './settings.ts'
import type { StandIn } from './stand-in.ts'

/** `env` of the settings counts more than the environment; a file named on the command line most. */
function variables(named: string | undefined): Record<string, string | undefined> {
  const own = homeFile('.claude', 'settings.json')
  return {
    ...process.env,
    ...(own !== undefined && JSON.parse(own).env),
    ...(named !== undefined && JSON.parse(readFileSync(named, 'utf8')).env),
  }
}

const content = ({ call, prompt }: Errand): unknown[] => [
  { role: 'user', content: prompt },
  ...(call
    ? [
        { role: 'assistant', content: [{ type: 'tool_use', id: call.id, name: call.name, input: call.input }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: call.output }] },
      ]
    : []),
]

export const claude: StandIn = {
  prompt: (words) => optionsOf(words, ['-p']).last('-p'),
  ask(words, errand): Ask {
    const given = optionsOf(words, ['--model', '--settings'])
    const environment = variables(given.last('--settings'))
    return {
      url: `${environment.ANTHROPIC_BASE_URL}/v1/messages?beta=true`,
      headers: {
        authorization: `Bearer ${environment.ANTHROPIC_AUTH_TOKEN}`,
        'anthropic-version': '2023-06-01',
        'anthropic-beta': 'claude-code-20250219',
      },
      body: {
        model: given.last('--model') ?? environment.ANTHROPIC_MODEL,
        max_tokens: 32_000,
        stream: true,
        messages: content(errand),
        tools: [{ name: errand.call?.name ?? 'Bash', input_schema: { type: 'object' } }],
      },
    }
  },
  answer: (frames: readonly Frame[]) => frames.map(({ delta }) => delta?.text ?? '').join(''),
}
