/** White space before it belongs to a token, so that all tokens joined are the text. Han characters are a token each. */
const TOKEN = /\s*(?:\p{Script=Han}|[[\p{L}\p{M}\p{N}_]--\p{Script=Han}]+|[^\s\p{L}\p{M}\p{N}_])|\s+/gv

/** A text cut into what the sandbox counts as tokens: words and single marks. */
export const tokensOf = (text: string): string[] => text.match(TOKEN) ?? []

/** How many tokens a text costs here: a rule of its own, the same on every machine, no vendor's. */
export const countTokens = (text: string): number => tokensOf(text).length

/** What every picture, document or clip costs, whatever its size. */
export const tokensPerMedia = 258
