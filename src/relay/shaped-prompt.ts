import type { DialectId } from '../model/dialect.ts'
import type { Part } from '../model/part.ts'
import type { ChatRequest } from '../model/request.ts'
import type { PromptMode, SystemPrompt } from '../model/shaping.ts'
import { isRecord } from '../wire/json.ts'
import { type Edit, splice } from '../wire/splice.ts'

/** The channel's instructions among the client's. */
export function withPrompt(request: ChatRequest, prompt: SystemPrompt | undefined): ChatRequest {
  if (!prompt) return request
  const own: Part = { kind: 'text', text: prompt.text }
  return { ...request, system: joined(request.system, own, prompt.mode) }
}

const joined = <T>(given: readonly T[], own: T, mode: PromptMode): readonly T[] => ways[mode](given, own)

const ways: Readonly<Record<PromptMode, <T>(given: readonly T[], own: T) => readonly T[]>> = {
  prepend: (given, own) => [own, ...given],
  append: (given, own) => [...given, own],
  replace: (_given, own) => [own],
  if_absent: (given, own) => (given.length === 0 ? [own] : given),
}

type Body = Readonly<Record<string, unknown>>

/** The same in a body of the client's own format, whose other bytes stay. */
export function promptSpliced(bytes: Uint8Array, dialect: DialectId, prompt: SystemPrompt | undefined): Uint8Array {
  if (!prompt) return bytes
  // The bytes were checked to be a JSON object when the request was read.
  const body = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as Body
  return splice(bytes, edits[dialect](body, prompt))
}

const edits: Readonly<Record<DialectId, (body: Body, prompt: SystemPrompt) => readonly Edit[]>> = {
  'anthropic-messages': ({ system }, prompt) => {
    const given = typeof system === 'string' ? [{ type: 'text', text: system }] : Array.isArray(system) ? system : []
    if (given.length > 0 && prompt.mode === 'if_absent') return []
    const isPlain = !Array.isArray(system) && (given.length === 0 || prompt.mode === 'replace')
    const value = isPlain ? prompt.text : joined<unknown>(given, { type: 'text', text: prompt.text }, prompt.mode)
    return [{ path: ['system'], value }]
  },
  'openai-chat': ({ messages }, prompt) => {
    if (!Array.isArray(messages)) return []
    const all: readonly unknown[] = messages
    const leading = all.findIndex((message) => !isInstruction(message))
    const given = all.slice(0, leading < 0 ? all.length : leading)
    const own = { role: roleOf(given[0]), content: prompt.text }
    return [{ path: ['messages'], value: [...joined<unknown>(given, own, prompt.mode), ...all.slice(given.length)] }]
  },
  'openai-responses': ({ instructions }, prompt) => {
    const given = typeof instructions === 'string' && instructions !== '' ? [instructions] : []
    return [{ path: ['instructions'], value: joined(given, prompt.text, prompt.mode).join('\n\n') }]
  },
  gemini: (body, prompt) => {
    const field = 'system_instruction' in body ? 'system_instruction' : 'systemInstruction'
    const content = isRecord(body[field]) ? body[field] : {}
    const given = Array.isArray(content.parts) ? content.parts : isRecord(content.parts) ? [content.parts] : []
    const parts = joined<unknown>(given, { text: prompt.text }, prompt.mode)
    return [{ path: [field], value: { ...content, parts } }]
  },
}

const isInstruction = (message: unknown): boolean =>
  isRecord(message) && (message.role === 'system' || message.role === 'developer')

/** In the word that the client uses: newer models know one, older servers the other. */
const roleOf = (message: unknown): string =>
  isRecord(message) && message.role === 'developer' ? 'developer' : 'system'
