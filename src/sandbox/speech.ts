import { createHash } from 'node:crypto'
import { excerpt, type Prompt, type PromptMedia, saidIn, type Task } from './prompt.ts'
import { rowOf } from './untyped.ts'

/** The answer in words: who speaks, what was said, what was brought. */
export function writeText(prompt: Prompt, task: Task): string {
  if (prompt.model.id === 'sandbox-echo') return echo(task)
  if (task.results.length > 0) {
    const seen = prompt.model.id === 'sandbox-vision' ? task.media.map(look) : []
    return [`${SPEAKER} answering for a tool.`, ...task.results.map(quoteResult), ...seen].join(' ')
  }
  const sentences = [
    `${SPEAKER}, not a real model.`,
    task.text.trim() === '' ? 'You said nothing.' : `You said: "${excerpt(saidIn(task.text) || task.text)}".`,
    ...describe(prompt, task.media),
    ...(prompt.system === '' ? [] : [`My instructions begin: "${excerpt(prompt.system, 40)}".`]),
  ]
  return sentences.join(' ')
}

/** So many words: `one two three …` in figures, for tests of long answers. */
export const wordsOf = (count: number): string =>
  Array.from({ length: count }, (_, index) => `word${index + 1}`).join(' ')

const SPEAKER = "This is Causeway's sandbox"

const echo = (task: Task): string =>
  task.results.length > 0 ? task.results.map((result) => result.text).join('\n') : task.text

const quoteResult = ({ name, text, isError }: Task['results'][number]): string =>
  `The tool${name && ` ${name}`} ${isError ? 'failed' : 'answered'}: "${excerpt(text, 200)}".`

const describe = (prompt: Prompt, media: readonly PromptMedia[]): readonly string[] =>
  media.map((item) => (prompt.model.id === 'sandbox-vision' ? look(item) : `Attached: ${item.mime}.`))

/** Kind, type, size and first digits of the hash: enough to prove that the bytes came through. */
function look({ mime, base64, url }: PromptMedia): string {
  if (base64 === undefined) return `I see ${kindOf(mime)}, ${mime}, at ${url ?? 'no address'}.`
  const bytes = Buffer.from(base64, 'base64')
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
  return `I see ${kindOf(mime)}, ${mime}, ${bytes.length} bytes, sha256 ${digest}.`
}

const KINDS: Readonly<Record<string, string>> = { image: 'an image', audio: 'a recording', video: 'a clip' }

const kindOf = (mime: string): string => rowOf(KINDS, mime.slice(0, mime.indexOf('/'))) ?? 'a document'
