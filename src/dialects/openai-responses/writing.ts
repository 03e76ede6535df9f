import { hasCacheMarks } from '../../model/cache-marks.ts'
import { type Fault, fault } from '../../model/fault.ts'
import { changed, dropped, type Loss } from '../../model/loss.ts'
import type { ChatRequest } from '../../model/request.ts'
import type { ToolNames } from '../../model/tools/name.ts'
import type { Target } from '../dialect.ts'
import type { ResponsesQuirks } from './quirks.ts'

/** One request being written: whom for, under which names, and what could not be carried. The first refusal is told. */
export class Writing {
  readonly target: Target<ResponsesQuirks>
  readonly names: ToolNames
  /** Breakpoints are written, now behind this part, now behind that: both must be of one form, or the prompt changes. */
  readonly hasBreakpoints: boolean
  readonly lost: Loss[] = []
  #fault: Fault | undefined

  constructor(request: ChatRequest, target: Target<ResponsesQuirks>, names: ToolNames) {
    this.target = target
    this.names = names
    this.hasBreakpoints = target.capabilities.cacheBreakpoints && hasCacheMarks(request)
  }

  get quirks(): ResponsesQuirks {
    return this.target.quirks
  }

  get fault(): Fault | undefined {
    return this.#fault
  }

  drop(field: string): void {
    this.lost.push(dropped(field))
  }

  change(field: string): void {
    this.lost.push(changed(field))
  }

  /** What the upstream cannot do and leaving it out would change the meaning. */
  refuse(param: string, message: string): void {
    this.#fault ??= fault('unsupported', message, { param })
  }
}
