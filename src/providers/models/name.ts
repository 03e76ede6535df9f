/**
 * A model's own name without what hosts put around it: `us.anthropic.claude-sonnet-4-5-20250929-v1:0`,
 * `anthropic/claude-sonnet-4.5`, `publishers/anthropic/models/claude-sonnet-4-5@20250929` and `claude-4.5-sonnet` all become
 * `claude-sonnet-4-5…`. Lower case.
 */
export function plainName(model: string): string {
  const name = model
    .toLowerCase()
    .replace(/^.*\//s, '')
    .replace(
      /^(?:[a-z]{2,6}(?:-gov)?\.)?(?:anthropic|amazon|openai|meta|mistral|deepseek|qwen|moonshotai?|minimax|zai|cohere|google|nvidia)\./,
      '',
    )
  return name.startsWith('claude') ? claudeName(name) : name
}

/** Anthropic writes `claude-FAMILY-MAJOR-MINOR`; others put dots into the version, or the version first. */
const claudeName = (name: string): string =>
  name.replace(/(\d)\.(\d)/g, '$1-$2').replace(/^claude-((?!3-)\d(?:-\d)?)-(opus|sonnet|haiku|fable)/, 'claude-$2-$1')

/** Whether Anthropic made it. */
export const isClaude = (model: string): boolean => plainName(model).startsWith('claude')

/** Whether it is asked in Gemini's format at Google (Gemma and Imagen are, too). */
export const isGemini = (model: string): boolean => /^(?:gemini|gemma|imagen|veo|learnlm)/.test(plainName(model))
