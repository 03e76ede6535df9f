import { execSync } from 'node:child_process'

/** What a stand-in is told to do: ask, or run one command first and ask with what it said. */
export interface Errand {
  readonly prompt: string
  readonly call?: Call
}

/** A call of a tool, as the prompt has it for the sandbox, and what came of it. */
export interface Call {
  readonly id: string
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
  readonly output: string
}

/** `call NAME with {"command": …}` runs that command in a shell, as the tool's own loop would. */
export function errandOf(prompt: string): Errand {
  const [, name, json] = /^call (\w+) with (\{.*\})$/s.exec(prompt) ?? []
  if (name === undefined || json === undefined) return { prompt }
  const input: Record<string, unknown> = JSON.parse(json)
  const output = execSync(String(input.command ?? input.cmd), { encoding: 'utf8' }).trim()
  return { prompt, call: { id: 'call_1', name, input, output } }
}

/** What a stand-in sends. */
export interface Ask {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/**
 * The frames of a streamed answer.
 * @throws Error with the server's own words where it refuses.
 */
export async function ask({ body, headers, url }: Ask): Promise<readonly Frame[]> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`API Error: ${answer.status} ${text}`)
  return text.split(/\r?\n/).flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []))
}

// Frames of four formats are looked into freely; a wrong path shows as an empty answer.
// biome-ignore lint/suspicious/noExplicitAny: the shapes are the tools' own
export type Frame = any

/** Words on a command line: the values of options, and the rest. */
export function optionsOf(words: readonly string[], names: readonly string[]) {
  const values = new Map<string, string[]>()
  const rest: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (names.includes(word)) values.set(word, [...(values.get(word) ?? []), words[++at] ?? ''])
    else if (!word.startsWith('-')) rest.push(word)
  }
  return {
    last: (name: string): string | undefined => values.get(name)?.at(-1),
    all: (name: string) => values.get(name) ?? [],
    rest,
  }
}
