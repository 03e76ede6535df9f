import { ok, type Result, refuse } from '../../model/fault.ts'
import { fold, type Reply, tell } from '../../model/reply.ts'
import type { ChatRequest } from '../../model/request.ts'
import type { ReadContext, WriteContext } from '../dialect.ts'
import { AnswerReader } from './answer-reader.ts'
import { AnswerWriter } from './answer-writer.ts'
import type { GeminiQuirks } from './quirks.ts'
import type { WireAnswer, WireCandidate, WirePart } from './shapes.ts'
import { writeUsage } from './usage.ts'

/** A unary answer is a stream of one chunk. */
export function readReply(body: unknown, context: ReadContext<GeminiQuirks>): Result<Reply> {
  const reader = new AnswerReader(context.newId)
  const folded = fold([...reader.take(body), ...reader.finish('whole')])
  return folded.ok ? ok(folded.reply) : refuse(folded.fault)
}

export function writeReply(reply: Reply, ask: ChatRequest, context: WriteContext): Record<string, unknown> {
  const writer = new AnswerWriter(ask)
  const pieces = [...tell(reply)].flatMap((event) => writer.push(event))
  const candidates = writer.finish(
    reply.stop,
    reply.others?.map((other) => other.stop),
  )
  const answer: WireAnswer = {
    candidates: candidates.map((last) =>
      withParts(
        last,
        pieces.filter(({ choice }) => choice === last.index).map(({ part }) => part),
      ),
    ),
    usageMetadata: writeUsage(reply.usage, reply.tier),
    modelVersion: ask.model,
    responseId: context.newId(),
  }
  return { ...answer }
}

/** The parts before the end; what a stream says in the last chunk's part is left out unless there is nothing else. */
function withParts(last: WireCandidate, parts: readonly WirePart[]): WireCandidate {
  const told = last.content.parts.filter((part) => part.text !== '')
  const all = [...signaturesOnParts(parts), ...told]
  return all.length === 0 ? last : { ...last, content: { role: 'model', parts: all } }
}

/** A stream signs a text behind its end; a whole text carries its signature itself. */
function signaturesOnParts(parts: readonly WirePart[]): readonly WirePart[] {
  const merged: WirePart[] = []
  for (const part of parts) {
    const before = merged.at(-1)
    const belongs = part.text === '' && before?.text && !before.thoughtSignature && before.thought === part.thought
    if (belongs) merged[merged.length - 1] = { ...before, ...part, text: before.text }
    else merged.push(part)
  }
  return merged
}
