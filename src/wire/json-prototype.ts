/**
 * A parsed value without `__proto__` keys and without `prototype` below `constructor`: JSON.parse makes plain members of them,
 * but whoever copies members one by one would write to a prototype. `text` is the source, which seldom names them;
 * only then is the value walked (in place).
 */
export function withoutPrototypeKeys(value: unknown, text: string): unknown {
  if (isSuspect(text)) clean(value)
  return value
}

/** Matches a word in JSON text where any letter may be written as `\u00XX` (and, harmlessly, in the other case). */
const spelled = (word: string): RegExp =>
  new RegExp([...word].map((letter) => `(?:${letter}|\\\\u00${letter.charCodeAt(0).toString(16)})`).join(''), 'i')

const NAMES = ['__proto__', 'prototype'] as const
const SPELLED = NAMES.map(spelled)

const isSuspect = (text: string): boolean =>
  NAMES.some((name) => text.includes(name)) || (text.includes('\\u00') && SPELLED.some((pattern) => pattern.test(text)))

function clean(root: unknown): void {
  const waiting = [root]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value !== 'object' || value === null) continue
    if (!Array.isArray(value)) dropKeys(value)
    for (const child of Object.values(value)) waiting.push(child)
  }
}

function dropKeys(value: object): void {
  Reflect.deleteProperty(value, '__proto__')
  const maker = Object.getOwnPropertyDescriptor(value, 'constructor')?.value
  if (typeof maker === 'object' && maker !== null) Reflect.deleteProperty(maker, 'prototype')
}
