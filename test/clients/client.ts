import type { DialectId } from '../../src/model/dialect.ts'
import type { SeenRequest } from '../../src/sandbox/index.ts'
import type { Launch, Outcome } from './run.ts'
import type { Answered } from './stage.ts'

/** Where a run takes place: made new for it and removed after it. */
export interface Scene {
  readonly dialect: DialectId
  /** The gateway's root. */
  readonly url: string
  readonly key: string
  /** The tool's working directory, its user's home and its place for passing files. */
  readonly directory: string
  readonly home: string
  readonly temporary: string
  /** Random digits that stand in no prompt: what holds them has read a file or a command's output. */
  readonly secret: string
}

/** What a tool is told to do. */
export interface Order {
  readonly model: string
  readonly prompt: string
  /** A picture in the working directory that comes with the prompt. */
  readonly picture?: string
  /** Settings that this run alone has; what they mean is the tool's own matter. */
  readonly settings?: Readonly<Record<string, unknown>>
}

/** What a tool said at its end. */
export interface Report {
  /** Its final answer, empty where it gave none. */
  readonly answer: string
  /** It says that it failed, by its words or its exit code. */
  readonly hasFailed: boolean
}

/** A tool that is driven without a person. */
export interface Client {
  readonly name: string
  /** The words that it is asked for its version with, and the version that its package has. */
  readonly version: { readonly launch: Pick<Launch, 'program' | 'words'>; readonly is: string }
  /** Writes its settings into the scene's home and says how it is started. */
  prepare(scene: Scene, order: Order): Pick<Launch, 'program' | 'words' | 'environment'>
  report(outcome: Outcome): Report
  /** How a model calls its tools, in the sandbox's words. */
  readonly says: Says
  readonly cases: readonly Case[]
  /** Shared cases that its own ones hold already. */
  readonly leaves?: readonly string[]
}

export interface Says {
  shell(command: string): string
  edit(change: Change): string
}

/** `from` stands in the file once. */
export interface Change {
  readonly path: string
  readonly from: string
  readonly to: string
}

export interface Case {
  readonly name: string
  /** Names of models that the tool's key knows. */
  aliases?(dialect: DialectId): Readonly<Record<string, string>>
  /** Puts what is needed into the scene, and says what to do. */
  order(scene: Scene, client: Client): Order
  /** Throws where something is not as it should be. */
  expect(result: Result): void
}

/** All that can be known of a run. */
export interface Result {
  readonly scene: Scene
  readonly outcome: Outcome
  readonly report: Report
  /** What the upstreams were asked with tools, without titles and other side calls. */
  readonly loop: readonly SeenRequest[]
  readonly asked: readonly SeenRequest[]
  readonly answered: readonly Answered[]
}
