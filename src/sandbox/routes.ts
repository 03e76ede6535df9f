import type { IncomingMessage } from 'node:http'
import { anthropicMessages } from './anthropic-messages/index.ts'
import type { Format } from './format.ts'
import { gemini } from './gemini/index.ts'
import { openaiChat } from './openai-chat/index.ts'
import { openaiResponses } from './openai-responses/index.ts'

/** What a path asks of a format: an answer, a count, or its models. */
export interface Route {
  readonly format: Format
  readonly action: 'answer' | 'count' | 'models' | 'nothing'
  /** The one model whose facts are asked for. */
  readonly model?: string
}

interface Row {
  readonly method: string
  readonly path: RegExp
  readonly format: Format
  readonly action: Route['action']
  /** Three formats list their models under one path; two of them are known by a header. */
  readonly header?: string
}

const MODELS = /\/v1\/models(?:\/(?<model>[^/]+))?$/

/** Paths are matched at their end, so that the sandbox can be mounted anywhere. */
const ROWS: readonly Row[] = [
  { method: 'POST', path: /\/v1\/messages$/, format: anthropicMessages, action: 'answer' },
  { method: 'POST', path: /\/v1\/messages\/count_tokens$/, format: anthropicMessages, action: 'count' },
  { method: 'POST', path: /\/v1\/chat\/completions$/, format: openaiChat, action: 'answer' },
  { method: 'POST', path: /\/v1\/responses$/, format: openaiResponses, action: 'answer' },
  { method: 'POST', path: /\/v1\/responses\/input_tokens$/, format: openaiResponses, action: 'count' },
  { method: 'POST', path: /\/models\/[^/]+:(?:streamG|g)enerateContent$/, format: gemini, action: 'answer' },
  { method: 'POST', path: /\/models\/[^/]+:countTokens$/, format: gemini, action: 'count' },
  { method: 'GET', path: /\/v1(?:beta|alpha)\/models(?:\/(?<model>[^/]+))?$/, format: gemini, action: 'models' },
  { method: 'GET', path: MODELS, format: anthropicMessages, action: 'models', header: 'anthropic-version' },
  { method: 'GET', path: MODELS, format: gemini, action: 'models', header: 'x-goog-api-key' },
  { method: 'GET', path: MODELS, format: openaiChat, action: 'models' },
]

/** The route of a request; what is nowhere is refused in the format that the path looks like. */
export function findRoute({ method, headers }: IncomingMessage, { pathname }: URL): Route {
  const clean = pathname.replace(/\/+$/, '')
  for (const row of ROWS) {
    const isMeant = row.method === method && (row.header === undefined || headers[row.header] !== undefined)
    const match = isMeant ? row.path.exec(clean) : null
    const model = match?.groups?.model
    if (match) return { format: row.format, action: row.action, ...(model !== undefined && { model }) }
  }
  return { format: formatOf(clean), action: 'nothing' }
}

function formatOf(path: string): Format {
  if (path.includes('/v1/messages')) return anthropicMessages
  return /\/v1(?:beta|alpha)\/|:\w+$/.test(path) ? gemini : openaiChat
}
