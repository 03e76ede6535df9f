import { type Format, lineEnd } from './format.ts'

const assignment = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$/

/** A file of `NAME=value` lines. Of a name that stands twice the last line counts. */
export const dotenv: Format = {
  parse(text) {
    const tree: Record<string, string> = {}
    for (const line of text.split(/\r?\n/)) {
      const [, name, value] = assignment.exec(line) ?? []
      // Other lines are left alone, as the tools do that read the file.
      if (name !== undefined && value !== undefined) tree[name] = unquoted(value)
    }
    return { ok: true, tree }
  },
  apply(text, edits) {
    const end = lineEnd(text)
    let lines = text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/)
    for (const { path, value } of edits) {
      const [name] = path
      const at = lines.findLastIndex((line) => assignment.exec(line)?.[1] === name)
      if (value === undefined) lines = lines.filter((line) => assignment.exec(line)?.[1] !== name)
      else if (at < 0) lines.push(`${name}=${String(value)}`)
      else lines[at] = `${name}=${String(value)}`
    }
    return lines.length === 0 ? '' : lines.join(end) + (text === '' || /\n$/.test(text) ? end : '')
  },
  lineOf(text, [name]) {
    const at = text.split(/\r?\n/).findLastIndex((line) => assignment.exec(line)?.[1] === name)
    return at < 0 ? undefined : at + 1
  },
}

const unquoted = (value: string): string => /^(["'`])(.*)\1/.exec(value)?.[2] ?? value.replace(/\s+#.*$/, '')
