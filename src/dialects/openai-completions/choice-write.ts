import type { ChatEvent } from '../../model/event.ts'
import type { Part, TokenLogprob } from '../../model/part.ts'
import type { Stop } from '../../model/reply.ts'
import { writeFinish } from '../openai-chat/stop.ts'

/** Something said in one of the answers: only visible text has a form here. */
export interface TextLine {
  readonly at: number
  readonly text: string
  readonly logprobs?: readonly TokenLogprob[]
}

/** Picks the visible text out of the events of parts. */
export function textLines(): (event: Extract<ChatEvent, { type: 'open' | 'delta' | 'close' }>) => TextLine[] {
  const open = new Map<number, { readonly at: number; readonly isText: boolean }>()
  return (event) => {
    if (event.type === 'open') {
      const at = event.choice ?? 0
      open.set(event.index, { at, isText: isText(event.part) })
      return isText(event.part) && event.part.text !== '' ? [{ at, text: event.part.text }] : []
    }
    const told = open.get(event.index)
    if (event.type === 'close' || event.delta.kind !== 'text' || !told?.isText) return []
    const { text, logprobs } = event.delta
    return [{ at: told.at, text, ...(logprobs && { logprobs }) }]
  }
}

const isText = (part: Part): part is Extract<Part, { kind: 'text' | 'refusal' }> =>
  part.kind === 'text' || part.kind === 'refusal'

/** `stop`, `length` or `content_filter`: there are no tools here. */
export const finishOf = (stop: Stop): string => writeFinish(stop, false)
