import type { Delta } from '../../model/event.ts'
import type { Seal } from '../../model/part.ts'
import type { IdPrefix } from './ids.ts'
import type { MessageWriter } from './message-writer.ts'
import type { Item } from './shapes.ts'
import type { Trace } from './traces.ts'

/** What a part's writer may do to the answer that it is part of. */
export interface Stage {
  emit(type: string, fields: Record<string, unknown>): void
  /** Tells a new item and gives its `output_index`. A message that is open is finished first. */
  add(item: Item): number
  /** Tells that the item is complete. */
  finish(index: number, item: Item): void
  /** The message that text goes to now: parts that follow one another share it. */
  message(): MessageWriter
  mint(prefix: IdPrefix): string
  /** The id, or a new one where it is blank or was told before. */
  callId(id: string): string
  /** Traces of vendor-run tools whose result is not known yet, by the call's id. */
  readonly traces: Map<string, Trace>
  /** The client asked to see digests of thoughts. */
  readonly showsSummaries: boolean
}

/** Writes one part while it is told. */
export interface PartWriter {
  delta(delta: Delta): void
  close(seal: Seal | undefined): void
}
