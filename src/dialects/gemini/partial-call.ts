import { type Message, memberOf, readList, readMessage, readNumber, readText } from './proto.ts'

/**
 * A function call whose arguments come bit by bit (Vertex, `streamFunctionCallArguments`): each piece names a place by
 * JSON path, and strings are continued. Told when it is whole, because places may come in any order.
 * @see https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling
 */
export class PartialCall {
  readonly #part: Message
  #args: Node = {}

  constructor(part: Message) {
    this.#part = part
    this.#args = { ...readMessage(memberOf(part, 'functionCall').args) }
    this.add(memberOf(part, 'functionCall'))
  }

  add(call: Message): void {
    for (const piece of readList(call.partialArgs)) {
      const steps = readPath(readText(piece.jsonPath) ?? '')
      if (steps.length > 0) put(this.#args, steps, readValue(piece))
    }
  }

  /** The part as if it had come in one piece. */
  whole(): Message {
    const call = memberOf(this.#part, 'functionCall')
    return { ...this.#part, functionCall: { id: call.id, name: call.name, args: this.#args } }
  }
}

/** Whether this call, which has a name, is only the beginning of one. */
export const isPartial = (call: Message): boolean => call.willContinue === true || call.partialArgs !== undefined

type Node = Record<string, unknown> | unknown[]
type Step = string | number

/** More than any real call has; a path must not make us allocate at will. */
const longestArray = 10_000

/** `$.operations[0].price`, `$['a b']`. Empty when it is no such path. */
function readPath(path: string): Step[] {
  const steps: Step[] = []
  for (const [, name, index, quoted] of path.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\[(?:'([^']*)'|"[^"]*")\]/g)) {
    const step = index === undefined ? (name ?? quoted ?? '') : Number(index)
    if (step === '__proto__' || (typeof step === 'number' && step > longestArray)) return []
    steps.push(step)
  }
  return steps
}

const readValue = (piece: Message): unknown =>
  readText(piece.stringValue) ??
  readNumber(piece.numberValue) ??
  (typeof piece.boolValue === 'boolean' ? piece.boolValue : null)

function put(root: Node, steps: readonly Step[], value: unknown): void {
  let node = root
  for (const [at, step] of steps.entries()) {
    const next = steps[at + 1]
    const there = get(node, step)
    if (next === undefined)
      set(node, step, typeof there === 'string' && typeof value === 'string' ? there + value : value)
    else if (isNode(there)) node = there
    else {
      const made: Node = typeof next === 'number' ? [] : {}
      set(node, step, made)
      node = made
    }
  }
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

const get = (node: Node, step: Step): unknown =>
  Array.isArray(node) ? node[Number(step)] : Object.hasOwn(node, step) ? node[String(step)] : undefined

function set(node: Node, step: Step, value: unknown): void {
  if (!Array.isArray(node)) node[String(step)] = value
  else if (typeof step === 'number') node[step] = value
}
