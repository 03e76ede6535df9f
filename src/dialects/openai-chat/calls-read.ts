import { type Fault, fault } from '../../model/fault.ts'
import type { Seal, ToolCallPart } from '../../model/part.ts'
import { isWholeJson } from '../../model/tools/arguments.ts'
import { recordOf, records, word } from './reading.ts'

/** Where assembled calls go: each is one part of the reply. */
export interface CallSink {
  open(part: ToolCallPart): number
  more(index: number, text: string): void
  close(index: number, seal: Seal | undefined): void
}

/**
 * Puts tool calls together from their pieces. Servers leave `index` out or say 0 for every call, leave ids blank, repeat
 * ids and names in each piece, give arguments as an object; the pieces still belong together in only one sensible way.
 */
export interface Calls {
  push(pieces: unknown): void
  /** A signature that stood on the message and not on a call: the first call's. */
  sign(data: string): void
  /** Calls whose arguments are complete: nothing more can belong to them. */
  closeWhole(): void
  /** Closes all; a call that never got a name is a fault. */
  end(): Fault | undefined
  readonly count: number
}

interface Call {
  /** The upstream's index, where it says one. */
  readonly place: number | undefined
  /** The id as the upstream said it, perhaps blank or another call's too. */
  readonly said: string
  readonly id: string
  name: string
  readonly isCustom: boolean
  text: string
  seal: Seal | undefined
  /** The part's index once it is open. */
  part?: number
  isClosed: boolean
}

interface Piece {
  readonly place: number | undefined
  readonly id: string
  readonly name: string
  readonly isCustom: boolean
  readonly text: string
  readonly seal: Seal | undefined
}

export const callsReader = (sink: CallSink, newId: () => string): Calls => new PieceReader(sink, newId)

class PieceReader implements Calls {
  readonly #sink: CallSink
  readonly #newId: () => string
  readonly #calls: Call[] = []
  #messageSeal: Seal | undefined

  constructor(sink: CallSink, newId: () => string) {
    this.#sink = sink
    this.#newId = newId
  }

  get count(): number {
    return this.#calls.length
  }

  push(pieces: unknown): void {
    const touched = new Set<Call>()
    for (const piece of records(pieces).map(readPiece)) {
      const call = ownerOf(this.#calls, piece, touched) ?? this.#begin(piece)
      touched.add(call)
      this.#add(call, piece)
    }
  }

  sign(data: string): void {
    this.#messageSeal ??= thoughtSeal(data)
    const [call] = this.#calls
    if (call) call.seal ??= this.#messageSeal
  }

  closeWhole(): void {
    for (const call of this.#calls) closeIfWhole(call, this.#sink)
  }

  end(): Fault | undefined {
    for (const call of this.#calls) close(call, this.#sink)
    return this.#calls.some((call) => call.name === '')
      ? fault('bad_gateway', 'The upstream called a tool without naming it.')
      : undefined
  }

  #begin(piece: Piece): Call {
    const isTaken = this.#calls.some((call) => call.id === piece.id)
    this.closeWhole()
    const call: Call = {
      place: piece.place,
      said: piece.id,
      id: piece.id === '' || isTaken ? `call_${this.#newId()}` : piece.id,
      name: '',
      isCustom: piece.isCustom,
      text: '',
      seal: undefined,
      isClosed: false,
    }
    this.#calls.push(call)
    return call
  }

  #add(call: Call, piece: Piece): void {
    const isRepeated = call.name !== '' && piece.name !== '' && isWholeJson(call.text)
    if (call.name === '') call.name = piece.name
    const seal = piece.seal ?? (this.#calls[0] === call ? this.#messageSeal : undefined)
    if (seal) call.seal ??= seal
    if (call.part === undefined && call.name !== '') {
      call.part = this.#sink.open(openPart(call))
      if (call.text !== '') this.#sink.more(call.part, call.text)
    }
    if (piece.text === '' || call.isClosed || isRepeated) return
    call.text += piece.text
    if (call.part !== undefined) this.#sink.more(call.part, piece.text)
  }
}

function readPiece(piece: Record<string, unknown>): Piece {
  const isCustom = piece.type === 'custom' || piece.custom !== undefined
  const body = recordOf(isCustom ? piece.custom : (piece.function ?? piece))
  const said = isCustom ? body.input : (body.arguments ?? body.parameters)
  const signature = word(recordOf(recordOf(piece.extra_content).google).thought_signature)
  return {
    place: typeof piece.index === 'number' ? piece.index : undefined,
    id: word(piece.id) ?? '',
    name: word(body.name) ?? '',
    isCustom,
    text: typeof said === 'string' ? said : said === undefined || said === null ? '' : JSON.stringify(said),
    seal: signature === undefined ? undefined : thoughtSeal(signature),
  }
}

/** The call that a piece goes on with, or undefined when it begins a new one. */
function ownerOf(calls: readonly Call[], piece: Piece, touched: ReadonlySet<Call>): Call | undefined {
  const candidate = candidateFor(calls, piece)
  return candidate && !beginsAnother(candidate, piece, touched.has(candidate)) ? candidate : undefined
}

function candidateFor(calls: readonly Call[], piece: Piece): Call | undefined {
  if (piece.place !== undefined) return calls.findLast((call) => call.place === piece.place)
  return piece.id === '' ? calls.at(-1) : calls.findLast((call) => call.said === piece.id)
}

function beginsAnother(call: Call, piece: Piece, isSameDelta: boolean): boolean {
  if (piece.name === '' || call.name === '') return false
  if (isSameDelta || piece.name !== call.name) return true
  // The same name again: a repetition, unless the first call is complete and this one is told apart by id or arguments.
  const hasOtherId = piece.id !== '' && call.said !== '' && piece.id !== call.said
  if (hasOtherId) return call.text === '' || isWholeJson(call.text)
  return piece.id === '' && piece.text.trimStart().startsWith('{') && isWholeJson(call.text)
}

const openPart = (call: Call): ToolCallPart => ({
  kind: 'tool_call',
  id: call.id,
  name: call.name,
  tool: { flavor: call.isCustom ? 'custom' : 'function' },
  arguments: '',
  ...(call.seal && { seal: call.seal }),
})

const closeIfWhole = (call: Call, sink: CallSink): void => {
  if (!call.isCustom && call.text !== '' && !call.isClosed && isWholeJson(call.text)) close(call, sink)
}

function close(call: Call, sink: CallSink): void {
  if (call.isClosed) return
  call.isClosed = true
  if (call.part !== undefined) sink.close(call.part, call.seal)
}

/** The thought signature on a call. */
export const thoughtSeal = (data: string): Seal => ({ dialect: 'openai-chat', kind: 'thought', data })
