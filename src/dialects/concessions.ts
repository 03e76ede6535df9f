import { type Fault, fault } from '../model/fault.ts'
import { changed, dropped, type Loss } from '../model/loss.ts'

/** What writing a request had to give up: losses by name, and the first thing whose loss would change the meaning. */
export class Concessions {
  readonly lost: Loss[] = []
  #fault: Fault | undefined

  /** Refused, if anything had to be. */
  get fault(): Fault | undefined {
    return this.#fault
  }

  drop(field: string): void {
    this.lost.push(dropped(field))
  }

  change(field: string): void {
    this.lost.push(changed(field))
  }

  add(losses: readonly Loss[]): void {
    this.lost.push(...losses)
  }

  /** Refuses the request: going on without this would answer another question. Gives undefined, for writers to return. */
  refuse(param: string, message: string): undefined {
    this.#fault ??= fault('unsupported', message, { param })
    return undefined
  }
}
