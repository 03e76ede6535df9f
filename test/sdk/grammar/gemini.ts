import { jsonOf, readFrames } from '../frames.ts'

/**
 * What a whole stream breaks of what Gemini's clients take; nothing for a lawful one.
 * @see https://ai.google.dev/api/generate-content
 */
export function geminiProblems(text: string): string[] {
  const chunks = jsonOf(readFrames(text))
  const last = chunks.at(-1)
  const finishes = chunks.filter(({ candidates }) => candidates?.[0]?.finishReason)
  return [
    ...framingOf(text),
    ...chunks.flatMap(({ candidates, error }, at) => {
      const content = candidates?.[0]?.content
      const parts: unknown[] = content?.parts ?? []
      const isFilled = parts.length > 0 && parts.every((part) => Object.keys(part ?? {}).length > 0)
      return [
        ...(error ? [`chunk ${at} is an error`] : []),
        ...(content?.role === 'model' ? [] : [`chunk ${at} is not the model's`]),
        ...(isFilled ? [] : [`chunk ${at} has no parts`]),
      ]
    }),
    ...(finishes.length === 1 && finishes[0] === last ? [] : ['no finish reason, or not on the last chunk alone']),
    ...(typeof last?.usageMetadata?.totalTokenCount === 'number' ? [] : ['no usage on the last chunk']),
  ]
}

/** Its SDKs read blocks that begin with `data:` and end in a blank line, and nothing else. */
const framingOf = (text: string): string[] => [
  ...text
    .split(/\r?\n\r?\n/)
    .slice(0, -1)
    .flatMap((block) => (/^data: \{.*\}$/.test(block) ? [] : [`no data of JSON alone: ${block.slice(0, 40)}`])),
  ...(/\}\r?\n\r?\n$/.test(text) ? [] : ['no blank line at the end']),
]
