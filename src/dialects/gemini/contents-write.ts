import {
  answerPrefill,
  dropEmpty,
  mergeTurns,
  pairCalls,
  startWithUser,
  systemTurnsAsUser,
} from '../../model/history.ts'
import type { Part, ToolCallPart } from '../../model/part.ts'
import type { Turn } from '../../model/request.ts'
import { isWholeJson } from '../../model/tools/arguments.ts'
import { writeDocument, writeWords } from './document-write.ts'
import { signed, writeCall, writeOpaque, writeTrace } from './parts-write.ts'
import { resultNames, writeResults } from './result-write.ts'
import { standIn, type WireContent, type WirePart } from './shapes.ts'
import type { Writing } from './writing.ts'

/** The history, its roles alternating, every call answered at once by as many results in the order of the calls. */
export function writeContents(writing: Writing): readonly WireContent[] {
  const turns = prepare(writing)
  const names = resultNames(turns, writing)
  return turns.map((turn): WireContent => {
    if (turn.phase !== undefined) writing.given.drop('phase')
    if (!writing.isOwn) for (const field of Object.keys(turn.native ?? {})) writing.given.drop(field)
    if (turn.role === 'user') return { role: 'user', parts: filled(writeUser(turn, names, writing)) }
    return { role: 'model', parts: filled(writeModel(turn, writing)) }
  })
}

/** What can be left of a turn must not be nothing. */
const filled = (parts: readonly WirePart[]): readonly WirePart[] => (parts.length > 0 ? parts : [{ text: ' ' }])

function prepare({ request, given, isOwn }: Writing): readonly Turn[] {
  const system = systemTurnsAsUser(request.turns)
  const paired = pairCalls(mergeTurns(system.turns))
  given.add([...system.lost, ...paired.lost])
  const spoken = mergeTurns(dropEmpty(paired.turns))
  // The vendor decides about its own clients' histories, even about one that says nothing.
  if (isOwn) return spoken.length > 0 ? spoken : [{ role: 'user', parts: [{ kind: 'text', text: '' }] }]
  const started = startWithUser(spoken)
  if (started !== spoken) given.change('messages')
  const answered = answerPrefill(started)
  given.add(answered.lost)
  return answered.turns
}

function writeUser(turn: Turn, names: ReadonlyMap<string, string>, writing: Writing): readonly WirePart[] {
  const results = turn.parts.filter((part) => part.kind === 'tool_result')
  const others = turn.parts.filter((part) => part.kind !== 'tool_result')
  return [
    ...writeResults(results, names, writing),
    ...nameFirst(others, turn.name).flatMap((part) => writePart(part, writing)),
  ]
}

/** Who speaks, where the client tells several people apart. */
function nameFirst(parts: readonly Part[], name: string | undefined): readonly Part[] {
  const [first, ...rest] = parts
  return name === undefined || first?.kind !== 'text' ? parts : [{ ...first, text: `[${name}] ${first.text}` }, ...rest]
}

/**
 * What the model said. A withheld thought has no form of its own: its seal signs the part behind it. In the current turn
 * the first call of every step must be signed; where its maker was another model, the vendor's own word for that stands in.
 * It stays there when the turn is over: without it all that follows would be another prompt, which no cache knows.
 * @see https://ai.google.dev/gemini-api/docs/thought-signatures
 */
function writeModel(turn: Turn, writing: Writing): readonly WirePart[] {
  const written: WirePart[] = []
  let carried: string | undefined
  let needsSeal = writing.target.capabilities.signsCalls
  for (const part of nameFirst(turn.parts, turn.name)) {
    const own = part.seal?.dialect === 'gemini' ? part.seal.data : undefined
    if (part.kind === 'thinking' && part.text === '') {
      carried = own ?? carried
      continue
    }
    const signature = own ?? (part.kind === 'text' || part.kind === 'tool_call' ? carried : undefined)
    if (signature === carried) carried = undefined
    const parts = part.kind === 'tool_call' ? [writeToolCall(part, writing)] : writePart(part, writing)
    const isStepsFirst = part.kind === 'tool_call' && needsSeal
    if (isStepsFirst) needsSeal = false
    const [first, ...rest] = parts
    if (first) written.push(signed(first, signature ?? (isStepsFirst ? writeStandIn(writing) : undefined)), ...rest)
  }
  return carried === undefined ? written : [...written, { text: '', thoughtSignature: carried }]
}

function writeStandIn({ given }: Writing): string {
  given.change('thought_signature')
  return standIn
}

function writeToolCall(part: ToolCallPart, { names, target, given }: Writing): WirePart {
  if (part.tool.flavor !== 'custom' && part.arguments.trim() !== '' && !isWholeJson(part.arguments))
    given.change('arguments')
  return writeCall(part, { name: names.wire(part), id: target.quirks.callIds ? part.id : undefined })
}

/** Without signature; results and calls are written by others. */
function writePart(part: Part, writing: Writing): readonly WirePart[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return [{ text: part.text }]
    case 'thinking':
      // Thoughts of another maker are nothing to this model.
      return (part.seal ? part.seal.dialect === 'gemini' : writing.isOwn) ? [{ text: part.text, thought: true }] : []
    case 'media':
      return writeDocument(part, writing)
    case 'search_result':
    case 'tool_reference':
      return writeWords(part)
    case 'compaction':
      return part.text === undefined ? lose('compaction', writing) : [{ text: part.text }]
    case 'server_call':
    case 'server_result':
      // What another vendor's tools did stands in the words that followed.
      return part.native?.dialect === 'gemini' ? [writeTrace(part) ?? []].flat() : lose(part.name, writing)
    case 'opaque':
      return [writeOpaque(part) ?? lose(part.type, writing)].flat()
    default:
      return []
  }
}

function lose(field: string, { given }: Writing): readonly WirePart[] {
  given.drop(field)
  return []
}
