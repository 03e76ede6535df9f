/**
 * The first moment after `nowMs` that a vendor's message names ("You will regain access on 2026-12-01 at 00:00 UTC."), in
 * milliseconds; undefined where there is none. What names no other zone is UTC; a date alone is its beginning.
 */
export function dateIn(message: string, nowMs: number): number | undefined {
  const dates = forms.flatMap((form) => [...message.matchAll(form)].map(([found]) => momentOf(found)))
  const later = dates.filter((atMs) => atMs > nowMs)
  return later.length > 0 ? Math.min(...later) : undefined
}

const time = String.raw`(?:(?:T|,? (?:at )?)\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?: ?[AP]M)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?)?`
const month = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*'

/** Not those that are part of a name (`gpt-4o-2024-08-06`). */
const forms: readonly RegExp[] = [
  new RegExp(String.raw`(?<![\w.-])\d{4}-\d{2}-\d{2}(?![\d-])${time}`, 'g'),
  new RegExp(String.raw`\b${month} \d{1,2}(?:st|nd|rd|th)?,? \d{4}${time}`, 'g'),
  new RegExp(String.raw`\b\d{1,2} ${month},? \d{4}${time}`, 'g'),
]

/** NaN where there is no such day. */
function momentOf(found: string): number {
  const plain = found.replace(/(?<=\d)T|,? at /, ' ').replace(/(?<=\d)(?:st|nd|rd|th)\b/, '')
  return Date.parse(/(?:Z|[+-]\d{2}:?\d{2})$/.test(plain) ? plain : `${plain} UTC`)
}
