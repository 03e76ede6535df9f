/** A fenced block of a page. */
export interface Block {
  readonly language: string
  readonly use: Use
  readonly text: string
  /** Of its fence, from 1. */
  readonly line: number
}

/**
 * What the tests do with a block, by the words behind its language, which no reader sees:
 * `run` in a shell, where it goes well; `run=server` in a terminal of its own, until the page ends;
 * `run=python`, where the Python SDKs are installed;
 * `file=NAME` is written beside the user's own files; `see` is found in what the run before it showed.
 */
export type Use =
  | { readonly kind: 'run'; readonly how: How }
  | { readonly kind: 'file'; readonly name: string }
  | { readonly kind: 'see' }

const hows = ['well', 'server', 'python'] as const
export type How = (typeof hows)[number]

const fence = /^```(?<info>.*)\n(?<text>[\s\S]*?)^```$/gm

/** @throws Error at a block that does not say what is done with it. */
export const readBlocks = (markdown: string): Block[] =>
  [...markdown.matchAll(fence)].map(({ groups = {}, index }) => {
    const [language = '', ...words] = (groups.info ?? '').split(' ')
    const line = markdown.slice(0, index).split('\n').length
    const use = useOf(words.join(' '))
    if (!use) throw new Error(`line ${line}: \`\`\`${groups.info} does not say what is done with it`)
    return { language, use, text: groups.text ?? '', line }
  })

function useOf(words: string): Use | undefined {
  const [kind = '', value = ''] = words.split('=')
  if (kind === 'see') return value === '' ? { kind } : undefined
  if (kind === 'file') return value === '' ? undefined : { kind, name: value }
  const how = hows.find((one) => one === (value || 'well'))
  return kind === 'run' && how ? { kind, how } : undefined
}
