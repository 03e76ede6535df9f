import type { TokenLogprob } from '../../model/part.ts'
import { type Message, readList, readNumber, readText } from './proto.ts'
import type { WireLogprob, WireLogprobs } from './shapes.ts'

/** The chosen tokens with what else was likely. Vertex and Gemini 2.x; `tokenId` has no place elsewhere. */
export function readLogprobs(result: Message): readonly TokenLogprob[] {
  const tops = readList(result.topCandidates ?? []).map((top) => readList(top.candidates ?? []).flatMap(readToken))
  return readList(result.chosenCandidates ?? []).flatMap((chosen, at) =>
    readToken(chosen).map((token) => ({ ...token, ...(tops[at]?.length && { top: tops[at] }) })),
  )
}

export function writeLogprobs(logprobs: readonly TokenLogprob[]): WireLogprobs {
  const hasTop = logprobs.some((logprob) => logprob.top?.length)
  return {
    chosenCandidates: logprobs.map(writeToken),
    ...(hasTop && { topCandidates: logprobs.map(({ top }) => ({ candidates: (top ?? []).map(writeToken) })) }),
  }
}

function readToken(candidate: Message): { token: string; logprob: number }[] {
  const token = readText(candidate.token)
  const logprob = readNumber(candidate.logProbability)
  return token === undefined || logprob === undefined ? [] : [{ token, logprob }]
}

const writeToken = ({ token, logprob }: { token: string; logprob: number }): WireLogprob => ({
  token,
  logProbability: logprob,
})
