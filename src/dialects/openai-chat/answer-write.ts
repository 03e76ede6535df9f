import type { ChatEvent } from '../../model/event.ts'
import type { Stop } from '../../model/reply.ts'
import type { ChatRequest } from '../../model/request.ts'
import type { WriteContext } from '../dialect.ts'
import { type ChoiceWriter, choiceWriter, type Said, sayPart } from './choice-write.ts'
import type { FinishReason } from './shapes.ts'
import { writeFinish } from './stop.ts'

/** What every chunk of an answer, and the answer as a whole, begins with. */
export interface AnswerHead {
  readonly id: string
  readonly created: number
  readonly model: string
}

/** The client's name of the model, always: it compares. */
export const answerHead = (
  start: Extract<ChatEvent, { type: 'start' }>,
  ask: ChatRequest,
  { newId, nowSeconds }: WriteContext,
): AnswerHead => ({
  id: start.id?.startsWith('chatcmpl-') ? start.id : `chatcmpl-${newId()}`,
  created: Math.floor(nowSeconds),
  model: ask.model,
})

/** A thing said about the choice `at`. */
export interface Line extends Said {
  readonly at: number
  /** Set when this choice ends here. */
  readonly finish?: FinishReason
}

/** Turns the events between `start` and `stop` into lines, one choice beside another. */
export interface AnswerWriter {
  part(event: Extract<ChatEvent, { type: 'open' | 'delta' | 'close' }>): Line[]
  stop(event: Extract<ChatEvent, { type: 'stop' }>): Line[]
}

export function answerWriter(ask: ChatRequest): AnswerWriter {
  const isLegacy = ask.native.functions !== undefined
  const choices: ChoiceWriter[] = []
  const choiceOf = new Map<number, number>()
  const writerAt = (at: number): ChoiceWriter => (choices[at] ??= choiceWriter({ isLegacy }))

  return {
    part(event) {
      if (event.type === 'open') choiceOf.set(event.index, event.choice ?? 0)
      const at = choiceOf.get(event.index) ?? 0
      return sayPart(writerAt(at), event).map((said) => ({ at, ...said }))
    },
    stop({ stop, others = [] }) {
      return [stop, ...others].flatMap((end, at) => endLines(writerAt(at), end, { at, isLegacy }))
    },
  }
}

function endLines(writer: ChoiceWriter, stop: Stop, { at, isLegacy }: { at: number; isLegacy: boolean }): Line[] {
  const refusal = stop.reason === 'refusal' && !writer.hasRefusal ? stop.explanation : undefined
  const finish = writeFinish(stop, writer.callCount > 0)
  return [
    ...(refusal !== undefined ? [{ at, delta: { refusal } }] : []),
    ...writer.end().map((said) => ({ at, ...said })),
    { at, delta: {}, finish: isLegacy && finish === 'tool_calls' ? 'function_call' : finish },
  ]
}
