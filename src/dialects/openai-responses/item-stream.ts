/** One item of an answer while it is told. */
export interface ItemStream {
  readonly type: string
  /** The upstream's id of it, once known. */
  id: string | undefined
  readonly isDone: boolean
  /** `output_item.added`. */
  begin(item: Record<string, unknown>): void
  /** Any event of `streamedTypes`. */
  say(type: string, frame: Record<string, unknown>): void
  /** `output_item.done`, or the item in the last snapshot: tells what is missing and closes. A second time does nothing. */
  finish(item: Record<string, unknown>): void
  /** The answer is over and the item was never finished: closes what is open. */
  abandon(): void
}

/** What is missing of `whole` when `told` was told; nothing when they differ, because what is said is said. */
export const missing = (told: string, whole: string): string => (whole.startsWith(told) ? whole.slice(told.length) : '')
