/** A piece of content, told apart. */
export interface Tagged {
  readonly kind: 'thinking' | 'text'
  readonly text: string
}

/** Takes `<think>…</think>` at the start of an answer's content apart, however its pieces are cut. */
export interface ThinkTags {
  push(content: string): readonly Tagged[]
  /** What was held back because it might have become a tag. */
  end(): readonly Tagged[]
}

const OPEN = '<think>'
const CLOSE = '</think>'

/**
 * Only the very beginning can open a thought: a later `<think>` is something the model talks about. White space around
 * the tags is the template's, not the model's.
 */
export function thinkTags(): ThinkTags {
  let state: 'before' | 'thinking' | 'behind' | 'text' = 'before'
  let held = ''

  const before = (): Tagged[] => {
    const start = held.trimStart()
    if (start.startsWith(OPEN)) {
      held = start.slice(OPEN.length).trimStart()
      state = 'thinking'
      return thinking()
    }
    if (OPEN.startsWith(start)) return []
    state = 'text'
    return told('text')
  }

  const thinking = (): Tagged[] => {
    const close = held.indexOf(CLOSE)
    if (close === -1) {
      const keep = overlap(held, CLOSE)
      const text = held.slice(0, held.length - keep)
      held = held.slice(held.length - keep)
      return pieces('thinking', text)
    }
    const text = held.slice(0, close).trimEnd()
    held = held.slice(close + CLOSE.length)
    state = 'behind'
    return [...pieces('thinking', text), ...behind()]
  }

  const behind = (): Tagged[] => {
    held = held.trimStart()
    if (held === '') return []
    state = 'text'
    return told('text')
  }

  const told = (kind: Tagged['kind']): Tagged[] => {
    const text = held
    held = ''
    return pieces(kind, text)
  }

  const steps = { before, thinking, behind, text: () => told('text') }
  return {
    push(content) {
      held += content
      return steps[state]()
    },
    end: () => told(state === 'thinking' ? 'thinking' : 'text'),
  }
}

const pieces = (kind: Tagged['kind'], text: string): Tagged[] => (text === '' ? [] : [{ kind, text }])

/** How many characters at the end of `text` may be the beginning of `tag`. */
function overlap(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--)
    if (text.endsWith(tag.slice(0, length))) return length
  return 0
}
