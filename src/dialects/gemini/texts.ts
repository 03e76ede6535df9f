import type { TextKeys } from '../../wire/json-texts.ts'

/** Grounding repeats the answer's words elsewhere; pictures and sound are no text. */
const said: TextKeys = {
  into: [
    'candidates',
    'content',
    'parts',
    'functionCall',
    'function_call',
    'partialArgs',
    'executableCode',
    'executable_code',
  ],
  strings: ['text', 'name', 'stringValue', 'code'],
  objects: ['args'],
}

export const texts = { frame: said, reply: said }
