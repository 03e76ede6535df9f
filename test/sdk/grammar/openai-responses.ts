import type { Json } from '../../support/formats/format.ts'
import { type Frame, jsonOf, readFrames } from '../frames.ts'

/**
 * What a whole stream breaks of the grammar of Responses; nothing for a lawful one. Stricter than any client: what one
 * SDK repairs, another tool stumbles over.
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function responsesProblems(text: string): string[] {
  const frames = readFrames(text)
  const events = jsonOf(frames)
  const added = events.filter(({ type }) => type === 'response.output_item.added')
  const done = events.filter(({ type }) => type === 'response.output_item.done')
  return [
    ...framesOf(frames),
    ...lifeOf(events),
    ...added.flatMap(({ output_index: index }, at) => (index === at ? [] : [`item ${at} has the index ${index}`])),
    ...(sameItems(added, done) ? [] : ['items are not done as they were added']),
    ...(JSON.stringify(done.map(({ item }) => item)) === JSON.stringify(events.at(-1)?.response?.output)
      ? []
      : ['the last response does not hold the items that were done']),
    ...callIdsOf(added),
    ...added.flatMap((open) =>
      itemOf(
        open,
        events.filter((event) => isOf(event, open)),
      ),
    ),
    ...strays(events, added),
  ]
}

const identity = ({ item, output_index: index }: Json) => [index, item.type, item.id, item.call_id].join()
const sameItems = (added: readonly Json[], done: readonly Json[]) =>
  added.map(identity).join('\n') === done.map(identity).join('\n')
const isOf = (event: Json, open: Json) => event.item_id !== undefined && event.output_index === open.output_index

function framesOf(frames: readonly Frame[]): string[] {
  return frames.flatMap(({ event, data }, at) => {
    if (typeof data === 'string') return [`no JSON: ${data}`]
    return [
      ...(event === data.type ? [] : [`the event ${event} says that it is ${data.type}`]),
      ...(data.sequence_number === at ? [] : [`event ${at} has the number ${data.sequence_number}`]),
    ]
  })
}

/** Created, in progress, and one good end; one id all along. */
function lifeOf(events: readonly Json[]): string[] {
  const life = events.filter(({ response }) => response)
  const types = life.map(({ type }) => String(type).replace('response.', ''))
  const last = events.at(-1)
  return [
    ...(/^created,in_progress,(?:completed|incomplete)$/.test(types.join()) ? [] : [`its life: ${types.join()}`]),
    ...(new Set(life.map(({ response }) => response.id)).size === 1 ? [] : ['the response changes its id']),
    ...(last?.type === `response.${last?.response?.status}` ? [] : ['no end that its status fits']),
    ...(Number.isInteger(last?.response?.usage?.total_tokens) ? [] : ['no usage at the end']),
    ...(events[0]?.type === 'response.created' ? [] : ['no response.created first']),
  ]
}

function callIdsOf(added: readonly Json[]): string[] {
  const ids = added.flatMap(({ item }) => (/_call$/.test(item.type) && 'arguments' in item ? [item.call_id] : []))
  return [
    ...(ids.every(Boolean) ? [] : ['a call without call_id']),
    ...(new Set(ids).size === ids.length ? [] : ['a call_id twice']),
  ]
}

/** The bodies that items may have, as patterns over the ends of their events' names. */
const bodies: Readonly<Record<string, RegExp>> = {
  message:
    /^(?:content_part\.added,(?:output_text\.(?:delta|annotation\.added),|refusal\.delta,)*(?:output_text|refusal)\.done,content_part\.done,?)*$/,
  reasoning:
    /^(?:reasoning_summary_part\.added,(?:reasoning_summary_text\.delta,)*reasoning_summary_text\.done,reasoning_summary_part\.done,?|content_part\.added,(?:reasoning_text\.delta,)*reasoning_text\.done,content_part\.done,?)*$/,
  function_call: /^(?:function_call_arguments\.delta,)*function_call_arguments\.done$/,
}

function itemOf({ item, output_index: index }: Json, body: readonly Json[]): string[] {
  const types = body.map(({ type }) => String(type).replace('response.', '')).join()
  return [
    ...(item.id ? [] : [`item ${index} has no id`]),
    ...(bodies[item.type]?.test(types) ? [] : [`item ${index}, a ${item.type}, is told as ${types}`]),
    ...(body.every(({ item_id: id }) => id === item.id) ? [] : [`item ${index} has pieces of another`]),
    ...textsOf(body),
  ]
}

/** What was told in pieces is what is told as done. */
function textsOf(body: readonly Json[]): string[] {
  const kinds = ['output_text', 'refusal', 'reasoning_summary_text', 'reasoning_text', 'function_call_arguments']
  return kinds.flatMap((kind) => {
    const of = (end: string) => body.filter(({ type }) => type === `response.${kind}.${end}`)
    const pieces = of('delta').map(({ delta }) => delta)
    const whole = of('done').map((event) => event.text ?? event.refusal ?? event.arguments)
    return pieces.join('') === whole.join('') ? [] : [`${kind} is done with another text`]
  })
}

const lives = /^response\.(?:created|in_progress|completed|incomplete|output_item\.(?:added|done))$/

/** Events that belong to nothing. */
const strays = (events: readonly Json[], added: readonly Json[]): string[] =>
  events.flatMap((event) =>
    lives.test(event.type) || added.some((open) => isOf(event, open)) ? [] : [`belongs to nothing: ${event.type}`],
  )
