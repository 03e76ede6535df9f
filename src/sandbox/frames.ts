import type { Frame } from './format.ts'

/** A frame of server-sent events with its name, as two of the vendors send it. */
export const namedFrame = (event: string, data: object): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** A frame without a name. */
export const dataFrame = (data: object): string => `data: ${JSON.stringify(data)}\n\n`

/** A frame that carries a word of the answer. */
export const word = (text: string): Frame => ({ text, isWord: true })

/** A frame that is only the stream's scaffolding. */
export const mark = (text: string): Frame => ({ text, isWord: false })
