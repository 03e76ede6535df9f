import type { Capabilities } from '../../model/capability.ts'
import { type Fault, fault } from '../../model/fault.ts'
import type { Loss } from '../../model/loss.ts'
import type { ToolNames } from '../../model/tools/name.ts'
import type { ModelTraits } from './quirks.ts'

/** What the writers of one request share: whom they write for, what they could not carry, and the first thing that forbids it. */
export interface Writing {
  readonly model: string
  readonly capabilities: Capabilities
  readonly traits: ModelTraits
  readonly names: ToolNames
  /** Names of documents written so far. */
  readonly documents: Set<string>
  readonly lost: Loss[]
  /** The request cannot be asked of this model. The first reason counts. */
  refuse(message: string, param: string): void
  readonly refusal: () => Fault | undefined
}

export function writing(about: Pick<Writing, 'model' | 'capabilities' | 'traits' | 'names'>): Writing {
  let refusal: Fault | undefined
  return {
    ...about,
    documents: new Set(),
    lost: [],
    refuse(message, param) {
      refusal ??= fault('unsupported', message, { param })
    },
    refusal: () => refusal,
  }
}
