/** What code tools do best with, best first, when nobody chose. Of one family the highest version. */
const order: readonly RegExp[] = [
  /^claude-opus-/,
  /^claude-sonnet-/,
  /^gpt-[5-9]/,
  /^gemini-.*pro/,
  /^claude-/,
  /^(kimi|glm|deepseek|qwen.*coder|grok|minimax)/i,
  /^gemini-/,
  /^gpt-/,
  /^sandbox-1$/,
  /./,
]

/** Names of models that do not talk, or not in the way that a code tool needs. */
const others = /embed|image|audio|tts|speech|whisper|transcri|realtime|moderation|dall-e|sora|veo|imagen|rerank|live/i

/** Smaller and cheaper sisters. */
const small = /mini|nano|lite|haiku|flash|fast|air/i

/** The name that suits a code tool best; undefined when there is none. */
export function preferredModel(names: readonly string[]): string | undefined {
  const talking = names.filter((name) => !others.test(name))
  for (const family of order) {
    const [best] = talking.filter((name) => family.test(name)).sort(bestFirst)
    if (best !== undefined) return best
  }
  return undefined
}

const bestFirst = (left: string, right: string): number =>
  Number(small.test(left)) - Number(small.test(right)) ||
  versionOf(right).localeCompare(versionOf(left), 'en', { numeric: true }) ||
  left.length - right.length ||
  left.localeCompare(right)

/** `claude-opus-4-5-20251101` → `4-5`: a date is no version. */
const versionOf = (name: string): string =>
  /\d+(?:[.-]\d+)*/.exec(name.replace(/-?20\d{2}-?\d{2}-?\d{2}/, ''))?.[0].replaceAll('.', '-') ?? ''
