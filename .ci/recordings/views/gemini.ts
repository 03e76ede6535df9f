import { distinct, failed, type Json, list, type Reader, type StopWord, type View } from './view.ts'

const stops: Record<string, StopWord> = {
  STOP: 'end',
  MAX_TOKENS: 'length',
  SAFETY: 'filtered',
  RECITATION: 'filtered',
  MODEL_ARMOR: 'filtered',
  PROHIBITED_CONTENT: 'filtered',
  MALFORMED_FUNCTION_CALL: 'malformed_call',
  UNEXPECTED_TOOL_CALL: 'malformed_call',
  TOO_MANY_TOOL_CALLS: 'malformed_call',
}

export const gemini: Reader = {
  whole,
  stream(frames) {
    const broken = frames.find(({ error }) => error)
    if (broken) return failed(String(broken.error.message))
    const candidates = frames.flatMap((frame) => list(frame.candidates))
    const grounded = candidates.flatMap(({ groundingMetadata }) => groundingMetadata ?? [])
    const usage = frames.findLast(({ usageMetadata }) => usageMetadata)?.usageMetadata
    const feedback = frames.find(({ promptFeedback }) => promptFeedback)?.promptFeedback
    if (feedback && candidates.length === 0) return whole({ promptFeedback: feedback, usageMetadata: usage })
    const finish = candidates.findLast(({ finishReason }) => finishReason)?.finishReason
    if (!finish) return failed('no finishReason')
    const parts = joined(candidates.flatMap(({ content }) => list(content?.parts)))
    return whole({
      usageMetadata: usage,
      candidates: [
        {
          finishReason: finish,
          content: { parts },
          groundingMetadata: {
            groundingChunks: grounded.flatMap((one) => list(one.groundingChunks)),
            groundingSupports: grounded.flatMap((one) => list(one.groundingSupports)),
          },
        },
      ],
    })
  },
}

/** Calls may come in pieces: a name with `willContinue`, then `partialArgs`, then an empty call at the end. */
function joined(parts: readonly Json[]): Json[] {
  const whole: Json[] = []
  let open: Json | undefined
  for (const part of parts) {
    const call = part.functionCall
    if (!call || (!open && !call.willContinue)) {
      whole.push(part)
      continue
    }
    if (!open || call.name) {
      open = { name: call.name, args: structuredClone(call.args ?? {}) }
      whole.push({ functionCall: open })
    }
    for (const piece of list(call.partialArgs)) put(open.args, piece)
    if (!call.willContinue) open = undefined
  }
  return whole
}

/** Puts a piece at its path, such as `$.a.b[0]`; strings grow. */
function put(target: Json, piece: Json): void {
  const steps = [...String(piece.jsonPath).matchAll(/\.([^.[\]]+)|\[(\d+)\]|\['([^']*)'\]/g)].map(
    ([, name, at, quoted]) => (at === undefined ? (name ?? quoted ?? '') : Number(at)),
  )
  let here = target
  for (const [at, step] of steps.entries()) {
    if (at < steps.length - 1) {
      here = here[step] ??= typeof steps[at + 1] === 'number' ? [] : {}
      continue
    }
    const value = piece.stringValue ?? piece.numberValue ?? piece.boolValue ?? null
    here[step] = typeof here[step] === 'string' && typeof value === 'string' ? here[step] + value : value
  }
}

function whole(body: Json): View {
  const [candidate] = list(body.candidates)
  if (!candidate && !body.promptFeedback) return failed(String(body.error?.message ?? 'no candidates'))
  const parts = list(candidate?.content?.parts)
  const texts = (isThought: boolean) =>
    parts
      .filter((part) => part.text !== undefined && Boolean(part.thought) === isThought)
      .map(({ text }) => text)
      .join('')
  const calls = parts.flatMap(({ functionCall }) =>
    functionCall ? [{ name: functionCall.name, args: functionCall.args ?? {} }] : [],
  )
  const stop: StopWord = candidate ? (stops[candidate.finishReason] ?? `?${candidate.finishReason}`) : 'filtered'
  const usage = body.usageMetadata
  const chunks = list(candidate?.groundingMetadata?.groundingChunks).map(({ web }) => web?.uri)
  const cited = list(candidate?.groundingMetadata?.groundingSupports).flatMap((one) => list(one.groundingChunkIndices))
  return {
    text: texts(false),
    thinking: texts(true),
    calls,
    stop: stop === 'end' && calls.length > 0 ? 'tool_calls' : stop,
    usage: usage && {
      input: (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0),
      output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
      cacheRead: usage.cachedContentTokenCount ?? 0,
      reasoning: usage.thoughtsTokenCount ?? 0,
    },
    refusal: '',
    citations: distinct(chunks.filter((_, at) => cited.some((index) => Number(index) === at))),
    found: distinct(chunks),
    images: parts.filter(({ inlineData }) => inlineData?.mimeType?.startsWith('image/')).length,
    traces: distinct(
      parts.flatMap((part) =>
        ['executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse'].filter((kind) => part[kind]),
      ),
    ),
  }
}
