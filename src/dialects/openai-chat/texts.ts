import type { TextKeys } from '../../wire/json-texts.ts'

/** In all the spellings of the compatible servers; annotations and log probabilities repeat what was said. */
const said: TextKeys = {
  into: [
    'choices',
    'delta',
    'message',
    'content',
    'thinking',
    'reasoning_details',
    'tool_calls',
    'function_call',
    'function',
    'custom',
    'audio',
  ],
  strings: [
    'content',
    'text',
    'reasoning_content',
    'reasoning',
    'thinking',
    'summary',
    'refusal',
    'name',
    'arguments',
    'input',
    'transcript',
  ],
  objects: ['arguments'],
}

export const texts = { frame: said, reply: said }
