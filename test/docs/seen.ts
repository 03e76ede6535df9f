/** Stands for anything within a line, or, alone on one, for any lines. */
const gap = '…'

/** Whether `shown` has these lines in a row; colours and spaces at the ends of lines do not count. */
export function isSeen(expected: string, shown: string): boolean {
  const lines = expected.trimEnd().split('\n')
  const pattern = lines
    .map((line) => (line.trim() === gap ? '(?:.*\n)*?' : `${patternOf(line.trimEnd())} *\n`))
    .join('')
  return new RegExp(`^${pattern}`, 'm').test(`${plain(shown)}\n`)
}

const patternOf = (line: string): string => line.split(gap).map(literal).join('.*')

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

const escapeCode = String.fromCharCode(27)
const colours = new RegExp(`${escapeCode}\\[[0-9;]*m`, 'g')
const plain = (text: string): string => text.replaceAll(colours, '').replaceAll('\r', '')
