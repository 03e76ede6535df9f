import type { TextKeys } from '../../wire/json-texts.ts'

/** Results of the vendor's tools say nothing under these keys, and signatures are no text. */
const said: TextKeys = {
  into: ['message', 'content', 'content_block', 'delta'],
  strings: ['text', 'thinking', 'partial_json', 'content', 'name'],
  objects: ['input'],
}

export const texts = { frame: said, reply: said }
