import type { Json } from '../support/formats/format.ts'

/** One server-sent event: its name, and its data as JSON or, where it is none, as it stands. */
export interface Frame {
  readonly event?: string
  readonly data: Json | string
}

/** The frames of a whole stream; comments are left out. */
export const readFrames = (text: string): Frame[] =>
  text
    .split(/\r?\n\r?\n/)
    .map((block) => block.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith(':')))
    .filter((lines) => lines.length > 0)
    .map(readFrame)

function readFrame(lines: readonly string[]): Frame {
  const fieldOf = (name: string) =>
    lines
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trimStart()
  const event = fieldOf('event')
  return { ...(event !== undefined && { event }), data: parsed(fieldOf('data') ?? '') }
}

/** JSON where it is an object, else the text itself. */
function parsed(text: string): Json | string {
  if (!text.startsWith('{')) return text
  // It begins as an object does, and what else it holds is judged by the reader.
  return JSON.parse(text) as Json
}

export const writeFrames = (frames: readonly Frame[], newline = '\n'): string => frames.map(frameWith(newline)).join('')

const frameWith =
  (newline: string) =>
  ({ event, data }: Frame): string =>
    (event === undefined ? '' : `event: ${event}${newline}`) +
    `data: ${typeof data === 'string' ? data : JSON.stringify(data)}${newline}${newline}`

/** The data of the frames that have some. */
export const jsonOf = (frames: readonly Frame[]): Json[] =>
  frames.flatMap(({ data }) => (typeof data === 'string' ? [] : [data]))
