import type { ChatRequest } from '../../model/request.ts'
import type { ToolNames } from '../../model/tools/name.ts'
import type { Concessions } from '../concessions.ts'
import type { Target } from '../dialect.ts'
import type { GeminiQuirks } from './quirks.ts'

/** What every writer of a request's piece needs to know. */
export interface Writing {
  readonly request: ChatRequest
  readonly target: Target<GeminiQuirks>
  readonly names: ToolNames
  readonly given: Concessions
  /** The client speaks this format too: its own fields go up as they came. */
  readonly isOwn: boolean
}
