import type { ThinkingPart } from '../../model/part.ts'
import type { PartWriter, Stage } from './stage.ts'

/**
 * One reasoning item per thought: a digest goes to `summary` (only if the client asked for it), a chain of thought to
 * `content`, sealed state to `encrypted_content`. The item is told with its first word; one without word or seal never.
 */
export function thoughtWriter(part: ThinkingPart, stage: Stage): PartWriter {
  const isRaw = part.form === 'raw'
  const isShown = isRaw || stage.showsSummaries
  const words = isRaw ? rawWords : summaryWords
  let begun: { readonly id: string; readonly index: number } | undefined
  let text = ''
  const begin = () => {
    const id = stage.mint('rs')
    const item = { id, type: 'reasoning', summary: [], ...(isRaw && { content: [] }), status: 'in_progress' }
    begun = { id, index: stage.add(item) }
    return begun
  }
  const emit = (type: string, fields: Record<string, unknown>) =>
    begun && stage.emit(type, { item_id: begun.id, output_index: begun.index, [words.indexField]: 0, ...fields })
  const say = (more: string) => {
    if (!isShown || more === '') return
    if (!begun) begin()
    if (text === '') emit(words.added, { part: { type: words.type, text: '' } })
    text += more
    emit(words.delta, { delta: more })
  }
  say(part.text)
  return {
    delta: (delta) => delta.kind === 'text' && say(delta.text),
    close(seal = part.seal) {
      if (!begun && !seal) return
      const { id, index } = begun ?? begin()
      const pieces = text === '' ? [] : [{ type: words.type, text }]
      if (text !== '') emit(words.done, { text })
      if (text !== '') emit(words.closed, { part: pieces[0] })
      stage.finish(index, {
        id,
        type: 'reasoning',
        summary: isRaw ? [] : pieces,
        ...(isRaw && { content: pieces }),
        ...(seal && { encrypted_content: seal.data }),
        status: 'completed',
      })
    },
  }
}

interface Words {
  readonly type: string
  readonly indexField: 'summary_index' | 'content_index'
  readonly added: string
  readonly delta: string
  readonly done: string
  readonly closed: string
}

const summaryWords: Words = {
  type: 'summary_text',
  indexField: 'summary_index',
  added: 'response.reasoning_summary_part.added',
  delta: 'response.reasoning_summary_text.delta',
  done: 'response.reasoning_summary_text.done',
  closed: 'response.reasoning_summary_part.done',
}

const rawWords: Words = {
  type: 'reasoning_text',
  indexField: 'content_index',
  added: 'response.content_part.added',
  delta: 'response.reasoning_text.delta',
  done: 'response.reasoning_text.done',
  closed: 'response.content_part.done',
}
