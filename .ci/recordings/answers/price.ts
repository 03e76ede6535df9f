/** What some vendors say in their usage of what they bill to whoever has the account: not for that one's customers. */
const prices: ReadonlySet<string> = new Set(['cost', 'cost_details', 'is_byok', 'estimated_cost', 'cost_in_usd_ticks'])

/** An answer as its pieces of JSON and the lines between: whole, or a line of a stream each. */
export function jsonLines(text: string): readonly string[] {
  return isJson(text) ? [text] : text.split('\n')
}

/** The same text without what it says of the vendor's price. */
export const withoutPrice = (text: string): readonly string[] =>
  jsonLines(text).map((line) => {
    const { head, json } = parts(line)
    return json === undefined ? line : head + JSON.stringify(stripped(json))
  })

export const tellsPrice = (text: string): boolean =>
  jsonLines(text).some((line) => {
    const { json } = parts(line)
    return json !== undefined && JSON.stringify(stripped(json)) !== JSON.stringify(json)
  })

/** However it is spaced. */
export function canonical(line: string): string {
  const { head, json } = parts(line)
  return json === undefined ? line : head + JSON.stringify(json)
}

function parts(line: string): { readonly head: string; readonly json?: unknown } {
  const head = /^data: ?/.exec(line)?.[0] ?? ''
  const rest = line.slice(head.length)
  return isJson(rest) ? { head, json: JSON.parse(rest) } : { head }
}

function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Usage of an answer, and of the response that an event of Responses holds. */
function stripped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === 'usage' && typeof inner === 'object' && inner !== null && !Array.isArray(inner))
        return [key, Object.fromEntries(Object.entries(inner).filter(([name]) => !prices.has(name)))]
      return [key, key === 'response' ? stripped(inner) : inner]
    }),
  )
}
