import { readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Ask, type Errand, type Frame, optionsOf } from './errand.ts'
import type { StandIn } from './stand-in.ts'

/** The tool notes its schema in the user's file when it reads it. */
function configuration(): Frame {
  const given = process.env.OPENCODE_CONFIG_CONTENT
  if (given !== undefined) return JSON.parse(given)
  const path = join(homedir(), '.config', 'opencode', 'opencode.json')
  const own = { $schema: 'https://opencode.ai/config.json', ...JSON.parse(readFileSync(path, 'utf8')) }
  writeFileSync(path, JSON.stringify(own, undefined, 2))
  return own
}

const messages = ({ call, prompt }: Errand): unknown[] => [
  { role: 'user', content: prompt },
  ...(call
    ? [
        {
          role: 'assistant',
          content: '',
          tool_calls: [
            { id: call.id, type: 'function', function: { name: call.name, arguments: JSON.stringify(call.input) } },
          ],
        },
        { role: 'tool', tool_call_id: call.id, content: call.output },
      ]
    : []),
]

export const opencode: StandIn = {
  prompt: (words) => optionsOf(words, ['-m']).rest[1],
  ask(words, errand): Ask {
    const { model: chosen, provider } = configuration()
    const [name = '', ...model] = (optionsOf(words, ['-m']).last('-m') ?? chosen).split('/')
    const { models, npm, options } = provider[name]
    if (npm !== '@ai-sdk/openai-compatible') throw new Error(`${npm} is not stood in for`)
    if (!(model.join('/') in models)) throw new Error(`Model not found: ${name}/${model.join('/')}`)
    const key = options.apiKey.replace(/^\{env:(\w+)\}$/, (_: string, variable: string) => process.env[variable] ?? '')
    const tool = { name: errand.call?.name ?? 'bash', parameters: { type: 'object' } }
    return {
      url: `${options.baseURL}/chat/completions`,
      headers: { authorization: `Bearer ${key}` },
      body: {
        model: model.join('/'),
        stream: true,
        stream_options: { include_usage: true },
        messages: messages(errand),
        tools: [{ type: 'function', function: tool }],
      },
    }
  },
  answer: (frames) => frames.map(({ choices }) => choices?.[0]?.delta?.content ?? '').join(''),
}
