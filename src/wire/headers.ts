import type { IncomingHttpHeaders } from 'node:http'

/** Headers that speak of one connection and never cross a proxy. @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * The headers that may cross: named in `allow` (lower case; `x-example-*` allows a whole family),
 * neither hop-by-hop nor declared so by the sender's `connection` header.
 */
export function forwardable(headers: IncomingHttpHeaders, allow: readonly string[]): Record<string, string | string[]> {
  const names = new Set(allow.filter((name) => !name.endsWith('*')))
  const families = allow.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))
  const declared = new Set(headers.connection?.split(',').map((name) => name.trim().toLowerCase()))
  const crosses = (name: string) =>
    (names.has(name) || families.some((family) => name.startsWith(family))) &&
    !hopByHop.has(name) &&
    !declared.has(name)
  const crossing: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && crosses(name)) crossing[name] = value
  }
  return crossing
}

/**
 * The first value that is not empty, trimmed; undefined when there is none.
 * Node joins most duplicated headers with a comma: empty members of such a list are passed over, but the list is not cut,
 * since a comma may belong to the value.
 */
export function firstValue(header: string | string[] | undefined): string | undefined {
  const values = typeof header === 'string' ? [header] : (header ?? [])
  return values.map(withoutEmptyMembers).find((value) => value !== '')
}

function withoutEmptyMembers(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isFiller(value.charCodeAt(start))) start++
  while (end > start && isFiller(value.charCodeAt(end - 1))) end--
  return value.slice(start, end)
}

const isFiller = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x2c
