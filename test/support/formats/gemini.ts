import { type Format, frames, type Json, type View, type WishedTurn } from './format.ts'

const stops: Record<string, string> = { STOP: 'end', MAX_TOKENS: 'length' }

const modes = { auto: 'AUTO', none: 'NONE', required: 'ANY' } as const

export const gemini: Format = {
  ask(wish) {
    const { choice } = wish
    const action = wish.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
    return {
      path: `/v1beta/models/${wish.model}:${action}`,
      body: {
        ...(wish.system && { systemInstruction: { parts: [{ text: wish.system }] } }),
        contents: wish.turns.map(contentOf),
        generationConfig: {
          ...(wish.maxOutput && { maxOutputTokens: wish.maxOutput }),
          ...(wish.temperature !== undefined && { temperature: wish.temperature }),
          ...(wish.stop && { stopSequences: wish.stop }),
          ...(wish.thinking && { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 } }),
          ...(wish.schema && { responseMimeType: 'application/json', responseJsonSchema: wish.schema }),
        },
        ...(wish.tools && {
          tools: [
            {
              functionDeclarations: wish.tools.map(({ name, description, schema }) => ({
                name,
                description,
                parametersJsonSchema: schema,
              })),
            },
          ],
        }),
        ...(choice && {
          toolConfig: {
            functionCallingConfig:
              typeof choice === 'object'
                ? { mode: 'ANY', allowedFunctionNames: [choice.name] }
                : { mode: modes[choice] },
          },
        }),
      },
    }
  },
  view,
  viewStream(text) {
    if (/^(?:event|:)/m.test(text)) throw new Error('event names and comments break Google’s clients')
    if (!/\r?\n\r?\n$/.test(text)) throw new Error('the last frame has no blank line')
    const parts: Json[] = []
    let last: Json | undefined
    for (const { data } of frames(text)) {
      if (data.error) throw new Error(JSON.stringify(data.error))
      const [candidate] = data.candidates
      if (candidate.content?.role !== 'model' || candidate.content.parts.length === 0)
        throw new Error('a chunk without role or parts loses its turn')
      parts.push(...candidate.content.parts)
      last = data
    }
    if (!last?.candidates[0].finishReason) throw new Error('the stream ended without finishReason')
    return view({ ...last, candidates: [{ ...last.candidates[0], content: { role: 'model', parts } }] })
  },
}

function contentOf(turn: WishedTurn): Json {
  // As Gemini CLI does: thoughts are dropped.
  if ('answer' in turn) return { role: 'model', parts: turn.answer.history.filter((part) => !part.thought) }
  if ('results' in turn)
    return {
      role: 'user',
      parts: turn.results.map(({ call, text, isError }) => ({
        functionResponse: { id: call.id, name: call.name, response: isError ? { error: text } : { output: text } },
      })),
    }
  return {
    role: 'user',
    parts: [
      ...(turn.png ? [{ inlineData: { mimeType: 'image/png', data: turn.png } }] : []),
      ...(turn.pdf ? [{ inlineData: { mimeType: 'application/pdf', data: turn.pdf } }] : []),
      { text: turn.user },
    ],
  }
}

function view(body: Json): View {
  const [candidate] = body.candidates
  const parts: Json[] = candidate.content?.parts ?? []
  const usage = body.usageMetadata
  const calls = parts.flatMap(({ functionCall }) =>
    functionCall ? [{ id: functionCall.id ?? '', name: functionCall.name, input: functionCall.args ?? {} }] : [],
  )
  const texts = (isThought: boolean) =>
    parts.filter((part) => part.text !== undefined && Boolean(part.thought) === isThought).map(({ text }) => text)
  const stop = stops[candidate.finishReason] ?? candidate.finishReason
  return {
    text: texts(false).join(''),
    thinking: texts(true).join(''),
    calls,
    stop: stop === 'end' && calls.length > 0 ? 'tool_calls' : stop,
    model: body.modelVersion,
    usage: {
      input: usage.promptTokenCount + (usage.toolUsePromptTokenCount ?? 0),
      output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
      cached: usage.cachedContentTokenCount ?? 0,
      reasoning: usage.thoughtsTokenCount ?? 0,
    },
    history: parts,
  }
}
