import type { Part, Seal } from '../../model/part.ts'
import { readFile, readInline } from './media-read.ts'
import type { PartIds } from './part-ids.ts'
import { type Message, memberOf, readBytes, readText } from './proto.ts'
import { readResponse } from './result-read.ts'
import { standIn } from './shapes.ts'
import { readCode, readCodeResult, readToolCall, readToolResponse } from './traces-read.ts'

/**
 * One part of a turn or of an answer, its signature as a seal on it. The first member that is known decides its kind;
 * one that nobody knows travels as it is. Undefined: there is nothing in it. Members of a wrong type count as absent.
 */
export function readPart(part: Message, ids: PartIds): Part | undefined {
  const seal = readSeal(part)
  const kind = partKinds.find((name) => part[name] !== undefined && part[name] !== null)
  const read = kind === undefined ? readUnknown(part) : readers[kind](part, ids)
  return read && seal ? { ...read, seal } : read
}

/** The signature that Gemini wants back with this part. What clients write where they have none (Gemini CLI does) is none. */
export function readSeal(part: Message): Seal | undefined {
  if (part.thoughtSignature === standIn) return undefined
  const data = readBytes(part.thoughtSignature)
  return data === undefined || data === '' ? undefined : { dialect: 'gemini', kind: 'thought', data }
}

/** Members beside the content itself; alone they are no part. */
const siblings = new Set([
  'thought',
  'thoughtSignature',
  'videoMetadata',
  'mediaResolution',
  'mediaProcessing',
  'partMetadata',
  'speechMetadata',
])

/** Siblings without a place in the neutral part. */
export const lostSiblings = ['mediaProcessing', 'partMetadata', 'speechMetadata'] as const

type PartReader = (part: Message, ids: PartIds) => Part | undefined

const readers = {
  text: (part) => readTextPart(part),
  inlineData: (part) => readInline(part),
  fileData: (part) => readFile(part),
  functionCall: (part, ids) => readCall(memberOf(part, 'functionCall'), ids),
  functionResponse: (part) => readResponse(memberOf(part, 'functionResponse')),
  executableCode: (part, ids) => readCode(part, ids),
  codeExecutionResult: (part, ids) => readCodeResult(part, ids),
  toolCall: (part, ids) => readToolCall(part, ids),
  toolResponse: (part, ids) => readToolResponse(part, ids),
} as const satisfies Record<string, PartReader>

const partKinds = Object.keys(readers) as (keyof typeof readers)[] // exactly the keys of the object above

function readUnknown(part: Message): Part | undefined {
  const { thoughtSignature, ...value } = part
  const type = Object.keys(value).find((key) => !siblings.has(key))
  if (type !== undefined) return { kind: 'opaque', dialect: 'gemini', type, value }
  return thoughtSignature === undefined ? undefined : readTextPart({ ...part, text: '' })
}

function readTextPart(part: Message): Part {
  const text = readText(part.text) ?? ''
  if (part.thought !== true) return { kind: 'text', text }
  return { kind: 'thinking', text, form: text === '' && readSeal(part) ? 'redacted' : 'summary' }
}

function readCall(call: Message, ids: PartIds): Part {
  const id = readText(call.id)
  const { args } = call
  return {
    kind: 'tool_call',
    id: id ? id : ids.call(),
    name: readText(call.name) ?? '',
    tool: { flavor: 'function' },
    arguments: typeof args === 'string' ? args : JSON.stringify(args ?? {}),
  }
}
