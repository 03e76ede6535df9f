import { type Call, type Check, type Refusal, refusalAmong } from '../format.ts'
import { checkSeal } from '../seal.ts'
import { asRecord, asRecords, asText, isGiven, type Untyped } from '../untyped.ts'
import { invalid } from './fault.ts'
import { boundToCall, boundToText, signatureSeal } from './reply.ts'

/** What the vendor lets pass for a signature where the call was another model's. */
const SENTINELS = ['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go']

interface Turn {
  readonly isModel: boolean
  readonly parts: readonly Untyped[]
}

/** Neighbours of one role count as one turn. */
const turnsOf = (body: Untyped): readonly Turn[] =>
  asRecords(body.contents).reduce<Turn[]>((turns, content) => {
    const turn = { isModel: content.role === 'model', parts: asRecords(content.parts) }
    const last = turns.at(-1)
    if (last?.isModel !== turn.isModel) turns.push(turn)
    else turns[turns.length - 1] = { ...last, parts: [...last.parts, ...turn.parts] }
    return turns
  }, [])

const having = (turn: Turn | undefined, field: string): readonly Untyped[] =>
  (turn?.parts ?? []).filter((part) => isGiven(part[field]))

const callsOf = (turn: Turn | undefined): readonly Untyped[] => (turn?.isModel ? having(turn, 'functionCall') : [])

const pairs: Check<Call> = ({ body }) => {
  const turns = turnsOf(body)
  return refusalAmong(turns, (turn, index) => (turn.isModel ? checkCalls(turns, index) : checkResponses(turns, index)))
}

function checkCalls(turns: readonly Turn[], index: number): Refusal | undefined {
  const calls = callsOf(turns[index])
  if (calls.length === 0) return undefined
  if (index === 0) {
    return invalid(
      'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
    )
  }
  return having(turns[index + 1], 'functionResponse').length === calls.length
    ? undefined
    : invalid(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      )
}

function checkResponses(turns: readonly Turn[], index: number): Refusal | undefined {
  const turn = turns[index]
  const responses = having(turn, 'functionResponse')
  if (responses.length === 0) return undefined
  const isHead = isGiven(turn?.parts[0]?.functionResponse)
  if (!isHead || callsOf(turns[index - 1]).length === 0) {
    return invalid('Please ensure that function response turn comes immediately after a function call turn.')
  }
  const names = callsOf(turns[index - 1]).map((part) => asRecord(part.functionCall).name)
  const stranger = responses.map((part) => asRecord(part.functionResponse).name).find((name) => !names.includes(name))
  return stranger === undefined
    ? undefined
    : invalid(`Function response ${asText(stranger)} has no function call of that name.`)
}

/** No signature may be invented, and a call's signature belongs to the call. */
const signatures: Check<Call> = ({ body }) =>
  refusalAmong(asRecords(body.contents), ({ parts }) => refusalAmong(asRecords(parts), checkSignature))

function checkSignature(part: Untyped): Refusal | undefined {
  const signature = asText(part.thoughtSignature)
  if (signature === '' || isSentinel(signature)) return undefined
  const isCall = isGiven(part.functionCall)
  const bound = isCall ? boundToCall(asText(asRecord(part.functionCall).name)) : boundToText
  const found = checkSeal(Buffer.from(signature, 'base64'), { kind: signatureSeal, bound })
  return found === 'own' || (found === 'moved' && !isCall) ? undefined : invalid('Corrupted thought signature.')
}

/** The sentinel stands there as it is, or as the base64 of itself. */
const isSentinel = (signature: string): boolean =>
  SENTINELS.includes(signature) || SENTINELS.includes(Buffer.from(signature, 'base64').toString())

/** Every step of the present turn begins with a signed call, where the model thinks. */
const steps: Check<Call> = ({ body, model }) => {
  if (model.id !== 'sandbox-thinker') return undefined
  const turns = turnsOf(body)
  const start = turns.findLastIndex((turn) => !turn.isModel && having(turn, 'functionResponse').length === 0)
  return refusalAmong(turns.slice(start + 1), (turn, index) => {
    const [first] = callsOf(turn)
    return first && asText(first.thoughtSignature) === '' ? unsigned(first, start + 1 + index) : undefined
  })
}

const unsigned = (part: Untyped, position: number): Refusal =>
  invalid(
    'Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, ' +
      'and missing thought_signature may lead to degraded model performance. ' +
      `Additional data, function call \`${asText(asRecord(part.functionCall).name)}\`, position ${position}.`,
  )

export const turnChecks: readonly Check<Call>[] = [pairs, signatures, steps]
