import type { Ask, Errand, Frame } from './errand.ts'

/** A small program in a tool's place: it reads the tool's settings where the tool does, and asks as the tool does, once. */
export interface StandIn {
  /** What is asked; undefined where the words do not say so. */
  prompt(words: readonly string[]): string | undefined
  /** @throws Error where the settings are not enough. */
  ask(words: readonly string[], errand: Errand): Ask
  answer(frames: readonly Frame[]): string
}
