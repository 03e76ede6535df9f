import { type Fault, fault } from '../../model/fault.ts'

/** What a reading met besides its result: the first wrong value, and the names of what had to be left out. */
export class Findings {
  fault: Fault | undefined
  readonly lost: string[] = []

  /** Notes a value of the wrong type; the first one is told. Gives undefined, so that a reader can return it. */
  wrong(path: string, problem: string): undefined {
    this.fault ??= fault('invalid', `${path}: ${problem}`, { param: path })
    return undefined
  }

  lose(field: string): void {
    this.lost.push(field)
  }
}
