import type { DialectId } from '../model/dialect.ts'

/** Which of a client's headers belong to its format and go on to an upstream of the same format. Nothing else does. */
const belonging: Record<DialectId, RegExp> = {
  'anthropic-messages': /^anthropic-(?!dangerous)/,
  'openai-chat': /^openai-beta$/,
  // Codex's say in which way its body is written; those that say who it is stay here.
  'openai-responses': /^(?:openai-beta|x-openai-internal-codex-responses-lite|x-codex-beta-features)$/,
  gemini: /^x-goog-(?!api-key|user-project|iam)/,
}

const fallback: Partial<Record<DialectId, Readonly<Record<string, string>>>> = {
  'anthropic-messages': { 'anthropic-version': '2023-06-01' },
}

export const forwardedHeaders = (
  dialect: DialectId,
  headers: Readonly<Record<string, string>>,
  without: readonly string[] = [],
): Record<string, string> => ({
  ...fallback[dialect],
  ...Object.fromEntries(
    Object.entries(headers).filter(([name]) => belonging[dialect].test(name) && !without.includes(name)),
  ),
})
