import type { TextKeys } from '../../wire/json-texts.ts'

/** Every kind of text comes in deltas under one key; the frames after them say it again. */
const frame: TextKeys = { into: [], strings: ['delta'] }

const reply: TextKeys = {
  into: ['output', 'content', 'summary'],
  strings: ['text', 'refusal', 'name', 'arguments', 'input', 'code'],
}

export const texts = { frame, reply }
