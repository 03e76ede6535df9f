import type { ChatEvent } from '../../model/event.ts'
import type { Seal, TokenLogprob } from '../../model/part.ts'
import { readCitations } from './grounding-read.ts'
import { readLogprobs } from './logprobs.ts'
import { type Message, memberOf } from './proto.ts'

/** Words or thoughts, or sound, that go on until another kind of part comes. */
export interface Run {
  readonly index: number
  readonly kind: 'text' | 'thinking' | 'audio'
  text: string
  seal: Seal | undefined
}

/** A chunk tells the probabilities of all its tokens at once; they go with its first words. */
export class LogprobsOnce {
  #logprobs: readonly TokenLogprob[]

  constructor(candidate: Message) {
    this.#logprobs = candidate.logprobsResult ? readLogprobs(memberOf(candidate, 'logprobsResult')) : []
  }

  take(): readonly TokenLogprob[] | undefined {
    const logprobs = this.#logprobs
    this.#logprobs = []
    return logprobs.length > 0 ? logprobs : undefined
  }
}

/** More of the run; nothing when there is nothing to tell. */
export function textDelta(run: Run, text: string, chunk: LogprobsOnce): ChatEvent[] {
  const logprobs = run.kind === 'text' ? chunk.take() : undefined
  if (text === '' && !logprobs) return []
  run.text += text
  return [{ type: 'delta', index: run.index, delta: { kind: 'text', text, ...(logprobs && { logprobs }) } }]
}

/** The end of a run, after what supports its words. */
export function closeRun({ index, kind, text, seal }: Run, grounding: Message): ChatEvent[] {
  const citations = kind === 'text' ? readCitations(grounding, text) : []
  return [
    ...citations.map((citation): ChatEvent => ({ type: 'delta', index, delta: { kind: 'citation', citation } })),
    { type: 'close', index, ...(seal && { seal }) },
  ]
}
