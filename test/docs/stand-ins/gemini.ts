import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Ask, type Errand, optionsOf } from './errand.ts'
import { variablesOf } from './settings.ts'
import type { StandIn } from './stand-in.ts'

const names = ['-p', '-m', '--approval-mode']

function read(name: string): string {
  try {
    return readFileSync(join(process.env.GEMINI_CLI_HOME || homedir(), '.gemini', name), 'utf8')
  } catch {
    // Not there, as for the tool itself.
    return ''
  }
}

const contents = ({ call, prompt }: Errand): unknown[] => [
  { role: 'user', parts: [{ text: prompt }] },
  ...(call
    ? [
        { role: 'model', parts: [{ functionCall: { id: call.id, name: call.name, args: call.input } }] },
        {
          role: 'user',
          parts: [{ functionResponse: { id: call.id, name: call.name, response: { output: call.output } } }],
        },
      ]
    : []),
]

export const gemini: StandIn = {
  prompt: (words) => optionsOf(words, names).last('-p'),
  ask(words, errand): Ask {
    const settings = JSON.parse(read('settings.json') || '{}')
    const environment = { ...variablesOf(read('.env')), ...process.env }
    if (settings.security?.auth?.selectedType !== 'gemini-api-key') throw new Error('Invalid auth method selected.')
    const model = optionsOf(words, names).last('-m') ?? environment.GEMINI_MODEL ?? settings.model?.name
    return {
      url: `${environment.GOOGLE_GEMINI_BASE_URL}/v1beta/models/${model}:streamGenerateContent?alt=sse`,
      headers: { 'x-goog-api-key': environment.GEMINI_API_KEY ?? '' },
      body: {
        contents: contents(errand),
        tools: [
          {
            functionDeclarations: [
              { name: errand.call?.name ?? 'run_shell_command', parametersJsonSchema: { type: 'object' } },
            ],
          },
        ],
      },
    }
  },
  answer: (frames) =>
    frames
      .flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])
      .map(({ text, thought }) => (thought ? '' : (text ?? '')))
      .join(''),
}
