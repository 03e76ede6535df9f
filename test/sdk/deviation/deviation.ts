import type { Json } from '../../support/formats/format.ts'
import { type Frame, readFrames, writeFrames } from '../frames.ts'

/** What an SDK makes of a stream: the answer, an error in these words, or an answer with something else in it. */
export type Outcome = 'ok' | RegExp | Json

/** A way for a stream to leave its format's grammar, and what the official SDKs make of it. */
export interface Deviation<Sdk extends string> {
  /** The stream with the deviation; undefined where it holds nothing that could deviate. */
  readonly change: (text: string) => string | undefined
  readonly seen: Readonly<Record<Sdk, Outcome>>
  /** The format allows it, or says nothing of it: no fault of a writer. */
  readonly isLawful?: true
}

export type Deviations<Sdk extends string> = Readonly<Record<string, Deviation<Sdk>>>

/** A change of the frames; undefined where nothing changed. */
export const frames =
  (change: (frames: readonly Frame[]) => readonly Frame[]) =>
  (text: string): string | undefined => {
    const newline = text.includes('\r\n') ? '\r\n' : '\n'
    const changed = writeFrames(change(readFrames(text)), newline)
    return changed === writeFrames(readFrames(text), newline) ? undefined : changed
  }

/** A change of each frame's data: another object, several, or none in its place. */
export const each = (change: (data: Json, at: number) => Json | readonly Json[] | undefined) =>
  frames((all) =>
    all.flatMap((frame, at): Frame[] => {
      if (typeof frame.data === 'string') return [frame]
      const changed = change(frame.data, at)
      const told: readonly Json[] = changed === undefined ? [] : Array.isArray(changed) ? changed : [changed as Json]
      return told.map((data) => ({ ...(frame.event !== undefined && { event: String(data.type) }), data }))
    }),
  )

/** Without the frames of a type. */
export const without = (...types: readonly string[]) =>
  each((data) => (types.includes(String(data.type)) ? undefined : data))

/** The object without a field. */
export function lacking(object: Json, field: string): Json {
  const { [field]: _, ...rest } = object
  return rest
}
