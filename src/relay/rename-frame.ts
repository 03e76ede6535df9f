import { type JsonPath, locate, splice } from '../wire/splice.ts'
import { editFrame } from './edit-frame.ts'
import type { Frame } from './frames.ts'

/** A frame whose model is called `model`, spliced where the frame names one; all other bytes stay. */
export const renameFrame = (frame: Frame, paths: readonly JsonPath[], model: string): Frame =>
  editFrame(frame, (json) => {
    const path = paths.find((one) => locate(json, one))
    return path ? splice(json, [{ path, value: model }]) : json
  })
