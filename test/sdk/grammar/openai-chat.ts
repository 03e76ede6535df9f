import type { Json } from '../../support/formats/format.ts'
import { type Frame, jsonOf, readFrames } from '../frames.ts'

/**
 * What a whole stream breaks of the grammar of Chat Completions; nothing for a lawful one.
 * @see https://platform.openai.com/docs/api-reference/chat-streaming
 */
export function chatProblems(text: string): string[] {
  const frames = readFrames(text)
  const chunks = jsonOf(frames)
  const told = chunks.flatMap(({ choices }) => choices?.[0] ?? [])
  return [
    ...framesOf(frames),
    ...['id', 'created', 'model', 'object'].flatMap((field) =>
      new Set(chunks.map((chunk) => chunk[field])).size === 1 ? [] : [`chunks differ in ${field}`],
    ),
    ...chunks.flatMap((chunk) => (Array.isArray(chunk.choices) ? [] : [`no choices: ${JSON.stringify(chunk)}`])),
    ...endOf(chunks, told),
    ...(told[0]?.delta.role === 'assistant' ? [] : ['no role first']),
    ...callsOf(told.flatMap(({ delta }) => delta.tool_calls ?? [])),
  ]
}

function framesOf(frames: readonly Frame[]): string[] {
  const texts = frames.flatMap(({ data }) => (typeof data === 'string' ? [data] : []))
  return [
    ...frames.flatMap(({ event }) => (event === undefined ? [] : [`an event with a name: ${event}`])),
    ...(texts.join() === '[DONE]' && frames.at(-1)?.data === '[DONE]' ? [] : [`not [DONE] alone, last: ${texts}`]),
  ]
}

/** One finish reason, and after it usage at the most. */
function endOf(chunks: readonly Json[], told: readonly Json[]): string[] {
  const finish = chunks.findIndex(({ choices }) => choices?.[0]?.finish_reason)
  const after = finish < 0 ? [] : chunks.slice(finish + 1)
  return [
    ...(told.filter(({ finish_reason: reason }) => reason).length === 1 ? [] : ['not one finish reason']),
    ...(after.length <= 1 && after.every(({ choices, usage }) => choices?.length === 0 && usage)
      ? []
      : ['more than usage after the finish reason']),
  ]
}

/** Calls open in order, with id, type and name once, and their arguments come to JSON. */
function callsOf(pieces: readonly Json[]): string[] {
  const indices = [...new Set(pieces.map(({ index }) => index))]
  return indices.flatMap((index, at) => {
    const [open, ...rest] = pieces.filter((piece) => piece.index === index)
    const text = [open, ...rest].map((piece) => piece?.function?.arguments ?? '').join('')
    return [
      ...(index === at ? [] : [`call ${at} has the index ${index}`]),
      ...(open?.id && open.type === 'function' && open.function?.name
        ? []
        : [`call ${at} opens without id, type, name`]),
      ...(rest.some(isOpening) ? [`call ${at} opens twice`] : []),
      ...(isObject(text) ? [] : [`call ${at} has no JSON for arguments: ${text}`]),
    ]
  })
}

/** What only a call's first piece says; others say it again by an empty name as well. */
const isOpening = (piece: Json): boolean => 'id' in piece || 'type' in piece || 'name' in (piece.function ?? {})

function isObject(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    // Told as a problem.
    return false
  }
}
