import { hasCacheMarks } from '../../model/cache-marks.ts'
import type { Fault, Result } from '../../model/fault.ts'
import { fault, ok, refuse } from '../../model/fault.ts'
import {
  answerPrefill,
  dropEmpty,
  mergeTurns,
  type Passed,
  pairCalls,
  startWithUser,
  systemTurnsAsUser,
} from '../../model/history.ts'
import { changed } from '../../model/loss.ts'
import type { ChatRequest, Turn } from '../../model/request.ts'
import { nameTools } from '../../model/tools/name.ts'
import type { Target, Written } from '../dialect.ts'
import { autoPoints } from './auto-points.ts'
import { cachePoint, writeMessages, writeSystem } from './content-write.ts'
import { nameLosses, writeInference, writeTier, writeTopK } from './options-write.ts'
import { type OutputWritten, writeOutput } from './output-write.ts'
import type { ConverseQuirks } from './quirks.ts'
import type { WireMessage, WireRequest, WireSystem, WireToolConfig } from './shapes.ts'
import { writeThinking } from './thinking-write.ts'
import { mustCall, nameRule, writeTools } from './tools-write.ts'
import { type Writing, writing } from './writing.ts'

/** Asks a model by Converse. `unsupported` names what it cannot be asked. */
export function writeRequest(request: ChatRequest, target: Target<ConverseQuirks>): Result<Written> {
  const names = nameTools(request, nameRule, true)
  if (!names.ok) return names
  const { model, capabilities, quirks } = target
  const to = writing({ model, capabilities, traits: quirks.traits(model), names: names.value })
  const body = writeBody(request, quirks, to)
  const refusal: Fault | undefined = to.refusal() ?? (body.wire.messages.length === 0 ? noMessages : undefined)
  if (refusal) return refuse(refusal)
  const emulate = emulated(request, body.output, to)
  return ok({
    body: { ...body.wire },
    lost: to.lost,
    tools: names.value.back,
    ...(Object.keys(emulate).length > 0 && { emulate }),
  })
}

const noMessages = fault('invalid', 'There is no message to answer.', { param: 'messages' })

function writeBody(
  request: ChatRequest,
  quirks: ConverseQuirks,
  to: Writing,
): { wire: WireRequest; output: OutputWritten } {
  const turns = lawful(request.turns, to)
  const thinking = writeThinking(request, to)
  const toolConfig = writeTools(request, turns, to)
  const output = writeOutput(request, () => !toolConfig && !thinking.isOn && canForce(to), to)
  const said = {
    messages: withAutoCache(writeMessages(turns, to), request, to),
    system: writeInstructions(request, output, to),
  }
  const { messages, system } = wantsPoints(request, quirks, to) ? autoPoints(said) : said
  const inferenceConfig = writeInference(request, thinking, to)
  const more = { ...thinking.fields, ...writeTopK(request, thinking, to) }
  nameLosses(request, to)
  const config = toolConfig ?? (output.tool && forcedAnswer(output.tool))
  const wire: WireRequest = {
    messages,
    ...(system.length > 0 && { system }),
    ...(Object.keys(inferenceConfig).length > 0 && { inferenceConfig }),
    ...(config && { toolConfig: config }),
    ...(Object.keys(more).length > 0 && { additionalModelRequestFields: more }),
    // Without being asked, Converse does not say which stop string was met.
    ...(inferenceConfig.stopSequences && {
      additionalModelResponseFieldPaths: ['/stop_sequence', '/delta/stop_sequence'],
    }),
    ...output.fields,
    ...writeTier(request, to),
  }
  return { wire, output }
}

const canForce = (to: Writing): boolean => to.traits.forcedTools && to.capabilities.forcedTools && to.capabilities.tools

const forcedAnswer = (tool: NonNullable<OutputWritten['tool']>): WireToolConfig => ({
  tools: [tool],
  toolChoice: { tool: { name: tool.toolSpec.name } },
})

/** The history as Converse wants it: alternating, the user first, every call with its result. */
function lawful(turns: readonly Turn[], to: Writing): readonly Turn[] {
  const passed = (done: Passed): readonly Turn[] => {
    to.lost.push(...done.lost)
    return done.turns
  }
  const paired = passed(pairCalls(passed(systemTurnsAsUser(turns))))
  const merged = mergeTurns(dropEmpty(paired))
  const begun = merged.length === 0 ? merged : startWithUser(merged)
  return to.capabilities.prefill ? begun : passed(answerPrefill(begun))
}

function writeInstructions(request: ChatRequest, output: OutputWritten, to: Writing): WireSystem[] {
  const hint = mustCall(request) && !canForce(to) ? [{ text: 'Answer by calling one of the tools now.' }] : []
  return [
    ...writeSystem(request.system, to),
    ...(output.system === undefined ? [] : [{ text: output.system }]),
    ...hint,
  ]
}

/** Clients of other formats than Anthropic's know no marks; without any, nothing would ever be cached. */
const wantsPoints = (request: ChatRequest, { autoCache }: ConverseQuirks, { traits }: Writing): boolean =>
  autoCache &&
  traits.cachePoints &&
  request.format !== 'anthropic-messages' &&
  !request.cache?.auto &&
  !hasCacheMarks(request)

/** "Mark the end by yourself": behind the last block of the last message. */
function withAutoCache(messages: WireMessage[], { cache }: ChatRequest, to: Writing): WireMessage[] {
  const last = messages.at(-1)
  const mark = cachePoint(cache?.auto, to)
  if (!last || mark.length === 0 || 'cachePoint' in (last.content.at(-1) ?? {})) return messages
  return [...messages.slice(0, -1), { ...last, content: [...last.content, ...mark] }]
}

function emulated(request: ChatRequest, output: OutputWritten, to: Writing): NonNullable<Written['emulate']> {
  const { stop = [] } = request.sampling
  const isSingle = request.parallel === false && request.tools.length > 0
  if (isSingle) to.lost.push(changed('parallel_tool_calls'))
  return {
    ...(stop.length > 0 && !to.capabilities.stopSequences && { stop }),
    ...(isSingle && { firstCallOnly: true }),
    ...output.emulate,
  }
}
