import {
  applyEdits,
  findNodeAtLocation,
  modify,
  type Node,
  type ParseError,
  parse,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser'
import { isTree, type Setting } from '../edit.ts'
import { type Format, lineAt, lineEnd } from './format.ts'
import { withoutProperty } from './json-removal.ts'

interface Strictness {
  readonly allowTrailingComma: boolean
  readonly disallowComments: boolean
}

const lenient = { allowTrailingComma: true, disallowComments: false, allowEmptyContent: true }

/** JSON as one tool reads it: what that tool would refuse is refused. */
const jsonFormat = (strictness: Strictness): Format => ({
  parse(text) {
    const errors: ParseError[] = []
    const tree: unknown = text.trim() === '' ? {} : parse(text, errors, strictness)
    const [first] = errors
    if (first) return { ok: false, line: lineAt(text, first.offset), message: spoken(printParseErrorCode(first.error)) }
    return isTree(tree) ? { ok: true, tree } : { ok: false, line: 1, message: 'not an object' }
  },
  apply: (text, edits) =>
    edits.reduce(
      (so, { path, value }) => (value === undefined ? withoutValue(so, path) : withValue(so, path, value)),
      text.trim() === '' && edits.some(({ value }) => value !== undefined) ? `{}${lineEnd(text)}` : text,
    ),
  lineOf(text, path) {
    const node = nodeAt(text, path)
    return node && lineAt(text, node.parent?.offset ?? node.offset)
  },
})

export const json = jsonFormat({ allowTrailingComma: false, disallowComments: true })
export const jsonWithComments = jsonFormat({ allowTrailingComma: false, disallowComments: false })
export const jsonWithTrailingCommas = jsonFormat({ allowTrailingComma: true, disallowComments: false })

function nodeAt(text: string, path: readonly string[]): Node | undefined {
  const root = parseTree(text, [], lenient)
  return root && findNodeAtLocation(root, [...path])
}

function withoutValue(text: string, path: readonly string[]): string {
  const property = nodeAt(text, path)?.parent
  return property ? withoutProperty(text, property) : text
}

function withValue(text: string, path: readonly string[], value: Setting): string {
  const depth = path.findIndex((_, at) => nodeAt(text, path.slice(0, at + 1)) === undefined)
  const last = depth < 0 ? undefined : nodeAt(text, path.slice(0, depth))?.children?.at(-1)
  const comment =
    last && /^(,?)[ \t]*(?:\/\/[^\r\n]*|\/\*.*?\*\/[ \t]*(?=\r?\n))/.exec(text.slice(last.offset + last.length))
  const formattingOptions = { ...indentation(text), eol: lineEnd(text) }
  if (!last || !comment) return applyEdits(text, modify(text, [...path], value, { formattingOptions }))
  // A comment behind the last value belongs to it: ours goes into a line after that.
  const inner = path.slice(depth + 1).reduceRight<Setting>((so, name) => ({ [name]: so }), value)
  const margin = /[ \t]*$/.exec(text.slice(0, last.offset))?.[0] ?? ''
  const unit = formattingOptions.insertSpaces ? ' '.repeat(formattingOptions.tabSize) : '\t'
  const written = JSON.stringify(inner, undefined, unit)
    .split('\n')
    .join(formattingOptions.eol + margin)
  const end = last.offset + last.length
  const [behind = '', comma = ''] = comment
  const line = `${formattingOptions.eol}${margin}${JSON.stringify(path[depth])}: ${written}${comma}`
  return `${text.slice(0, end)},${behind.slice(comma.length)}${line}${text.slice(end + behind.length)}`
}

/** As the first indented line is. */
function indentation(text: string): { insertSpaces: boolean; tabSize: number } {
  const found = /^([ \t]+)\S/m.exec(text)?.[1]
  return found?.startsWith('\t')
    ? { insertSpaces: false, tabSize: 1 }
    : { insertSpaces: true, tabSize: found?.length ?? 2 }
}

/** `CommaExpected` → `comma expected`. */
const spoken = (code: string): string =>
  code.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase()
