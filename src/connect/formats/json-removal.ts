import { applyEdits, createScanner, type Edit, type Node } from 'jsonc-parser'

/** The text without one property of an object. Comments of its neighbours stay, which the library would take along. */
export function withoutProperty(text: string, property: Node): string {
  const siblings = property.parent?.children ?? []
  const before = siblings[siblings.indexOf(property) - 1]
  const end = property.offset + property.length
  const comma = commaAfter(text, end)
  const orphan = comma === undefined && before ? commaAfter(text, before.offset + before.length) : undefined
  const edits: Edit[] = [removal(text, property.offset, comma === undefined ? end : comma + 1)]
  if (orphan !== undefined) edits.unshift({ offset: orphan, length: 1, content: '' })
  return applyEdits(text, edits)
}

function commaAfter(text: string, offset: number): number | undefined {
  const scanner = createScanner(text, true)
  scanner.setPosition(offset)
  scanner.scan()
  return text[scanner.getTokenOffset()] === ',' ? scanner.getTokenOffset() : undefined
}

/** With its line where nothing else stands there; otherwise with the spaces before it. */
function removal(text: string, start: number, end: number): Edit {
  const margin = /(^|\n)([ \t]*)$/.exec(text.slice(0, start))?.[2]
  const rest = /^[ \t]*\r?\n/.exec(text.slice(end))?.[0]
  if (margin !== undefined && rest !== undefined)
    return { offset: start - margin.length, length: end - start + margin.length + rest.length, content: '' }
  const spaces = /[ \t]*$/.exec(text.slice(0, start))?.[0].length ?? 0
  return { offset: start - spaces, length: end - start + spaces, content: '' }
}
