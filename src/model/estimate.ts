import { mediaTokens } from './estimate/media.ts'
import { estimateTokens } from './estimate/text.ts'
import type { Part, ServerResultPart } from './part.ts'
import type { ChatRequest, Tool } from './request.ts'

export { estimateTokens } from './estimate/text.ts'

const perMessage = 4
const perTool = 12

/** Tokens that a request will be billed for on its input side, as near as can be said without the vendor's own counter. */
export function estimateRequest(request: ChatRequest): number {
  const { format } = request.output
  return (
    (request.system.length > 0 ? perMessage : 0) +
    ofParts(request.system) +
    sum(request.turns, (turn) => perMessage + ofParts(turn.parts)) +
    sum(request.tools, (tool) => perTool + ofTool(tool)) +
    (format.kind === 'schema' ? ofJson(format.schema) : 0)
  )
}

const sum = <T>(values: readonly T[], count: (value: T) => number): number =>
  values.reduce((total, value) => total + count(value), 0)

const ofParts = (parts: readonly Part[]): number => sum(parts, ofPart)
const ofTexts = (...texts: readonly (string | undefined)[]): number => sum(texts, (text) => estimateTokens(text ?? ''))
const ofJson = (value: unknown): number => estimateTokens(JSON.stringify(value) ?? '')

const counters: { readonly [Kind in Part['kind']]: (part: Extract<Part, { kind: Kind }>) => number } = {
  text: ({ text }) => estimateTokens(text),
  refusal: ({ text }) => estimateTokens(text),
  thinking: ({ text, seal }) => (text === '' ? sealedTokens(seal?.data ?? '') : estimateTokens(text)),
  media: (part) =>
    ofTexts(part.title, part.context) +
    (part.source.kind === 'parts' ? ofParts(part.source.parts) : mediaTokens(part, part.source)),
  search_result: ({ title, source, parts }) => ofTexts(title, source) + ofParts(parts),
  tool_call: ({ name, arguments: input }) => perMessage + ofTexts(name, input),
  tool_result: ({ parts }) => perMessage + ofParts(parts),
  tool_reference: ({ name }) => estimateTokens(name),
  server_call: ({ name, arguments: input }) => perMessage + ofTexts(name, input),
  server_result: (part) => perMessage + ofServerResult(part),
  compaction: ({ text, seal }) => (text === undefined ? sealedTokens(seal?.data ?? '') : estimateTokens(text)),
  opaque: ({ value }) => ofJson(value),
}

function ofPart(part: Part): number {
  // The table's row for a kind takes the parts of this kind.
  const count = counters[part.kind] as (part: Part) => number
  return count(part)
}

const ofServerResult = ({ hits, output, native }: ServerResultPart): number =>
  native === undefined
    ? sum(hits ?? [], ({ title, url }) => ofTexts(title, url)) + ofTexts(output)
    : ofJson(native.value)

/** Encrypted thoughts are base64 of about as many bytes as the thought has characters. */
const sealedTokens = (data: string): number => Math.ceil(data.length / 6)

function ofTool(tool: Tool): number {
  if (tool.kind === 'function') {
    const { name, description, schema, examples } = tool
    return ofTexts(name, description) + (schema ? ofJson(schema) : 0) + (examples ? ofJson(examples) : 0)
  }
  if (tool.kind === 'custom') return ofTexts(tool.name, tool.description, tool.grammar?.definition)
  return ofJson(tool.value)
}
