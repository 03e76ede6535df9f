/** Ids are short; what is longer is nobody's to look up. */
const named = /"(?:id|responseId)"\s*:\s*"([^"\\]{1,128})"/
/** Gemini names its answer at the end of each chunk; a first chunk is short. */
const mostLetters = 4_096

/** The id of an answer as its client sees it, from the first text of a stream; undefined where there is none. */
export const idInText = (text: string): string | undefined => named.exec(text.slice(0, mostLetters))?.[1]

/** The id of a whole answer. */
export function idOfAnswer({ id, responseId }: Readonly<Record<string, unknown>>): string | undefined {
  const found = id ?? responseId
  return typeof found === 'string' && found !== '' && found.length <= 128 ? found : undefined
}
