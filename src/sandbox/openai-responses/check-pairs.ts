import { type Call, type Check, type Refusal, refusalAmong } from '../format.ts'
import { invalid } from '../openai-fault.ts'
import { asText, type Untyped } from '../untyped.ts'
import { itemsOf, OUTPUT_TYPES, typeOf } from './items.ts'
import { thoughtBefore } from './output.ts'

const WORDS: Readonly<Record<string, string>> = { function_call: 'function call', custom_tool_call: 'custom tool call' }

const idsOf = (items: readonly Untyped[], type: string): ReadonlySet<string> =>
  new Set(items.filter((item) => typeOf(item) === type).map((item) => asText(item.call_id)))

/** Every call has an output, every output a call before it. */
const calls: Check<Call> = ({ body }) => {
  const items = itemsOf(body)
  return refusalAmong(Object.entries(OUTPUT_TYPES), ([callType, outputType]) => {
    const [open] = idsOf(items, callType).difference(idsOf(items, outputType))
    if (open !== undefined) return invalid(`No tool output found for ${WORDS[callType]} ${open}.`, 'input')
    const orphan = firstOrphan(items, callType, outputType)
    return orphan === undefined
      ? undefined
      : invalid(`No tool call found for ${WORDS[callType]} output with call_id ${orphan}.`, 'input')
  })
}

function firstOrphan(items: readonly Untyped[], callType: string, outputType: string): string | undefined {
  const called = new Set<string>()
  for (const item of items) {
    const id = asText(item.call_id)
    if (typeOf(item) === callType) called.add(id)
    if (typeOf(item) === outputType && !called.has(id)) return id
  }
  return undefined
}

/** Items that a thought may lead to. */
const FOLLOWERS = ['message', 'function_call', 'custom_tool_call', 'tool_search_call', 'web_search_call', 'reasoning']

const isFollower = (item: Untyped | undefined): boolean =>
  item !== undefined && FOLLOWERS.includes(typeOf(item)) && (item.role === undefined || item.role === 'assistant')

/** A thought is followed by what it led to, and what a thought led to does not come without it. */
const thoughts: Check<Call> = ({ body }) => {
  const items = itemsOf(body)
  return refusalAmong(items, (item, index) =>
    typeOf(item) === 'reasoning' && !isFollower(items[index + 1]) ? lonely(item) : checkFollower(items, index),
  )
}

function checkFollower(items: readonly Untyped[], index: number): Refusal | undefined {
  const item = items[index]
  const middle = thoughtBefore(asText(item?.id))
  if (item === undefined || middle === undefined) return undefined
  const hasThought = items
    .slice(0, index)
    .some((before) => typeOf(before) === 'reasoning' && (before.id === undefined || asText(before.id).includes(middle)))
  return hasThought
    ? undefined
    : invalid(
        `Item '${item.id}' of type '${typeOf(item)}' was provided without its required 'reasoning' item: 'rs_sb${middle}0000'.`,
        'input',
      )
}

const lonely = (item: Untyped): Refusal =>
  invalid(`Item '${asText(item.id)}' of type 'reasoning' was provided without its required following item.`, 'input')

export const pairChecks: readonly Check<Call>[] = [calls, thoughts]
