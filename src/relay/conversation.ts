import { hash } from 'node:crypto'
import type { IncomingRequest } from '../dialects/dialect.ts'
import { isRecord } from '../wire/json.ts'

/** Where agents name their session. Several agents of one session (Claude Code's helpers, Codex's threads) share a place. */
const sessionHeaders = ['x-claude-code-session-id', 'session-id', 'x-session-id', 'x-session-affinity', 'thread-id']

/**
 * What the client calls this conversation, as a digest that belongs to one key and tells nobody what was said: by its
 * session's header, its session in `metadata.user_id`, or its `prompt_cache_key`. Undefined when it says nothing.
 */
export function sessionOf({ headers, body }: IncomingRequest, keyId: string): string | undefined {
  const header = sessionHeaders.find((name) => headers[name] !== undefined)
  const said = (header && headers[header]) ?? sessionInMetadata(body.metadata) ?? textIn(body.prompt_cache_key)
  return said === undefined ? undefined : digest([keyId, 'session', said])
}

/**
 * The conversation that a request belongs to: its session, else a digest of how it begins, which stays the same on every
 * turn. Undefined when it has neither; never the same for two keys.
 */
export function conversationOf(incoming: IncomingRequest, keyId: string): string | undefined {
  const session = sessionOf(incoming, keyId)
  if (session !== undefined) return session
  const beginning = beginningOf(incoming.body)
  return beginning === '' ? undefined : digest([keyId, 'beginning', beginning])
}

const digest = (words: readonly string[]): string => hash('sha256', words.join('\0'), 'base64url').slice(0, 27)

const textIn = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** Claude Code's `{"device_id","account_uuid","session_id"}`, or `user_…_session_ID` before it. Other ids name users. */
function sessionInMetadata(metadata: unknown): string | undefined {
  const id = isRecord(metadata) ? textIn(metadata.user_id) : undefined
  return id && (/"session_id"\s*:\s*"([^"]+)"/.exec(id) ?? /_session_([\w-]+)$/.exec(id))?.[1]
}

/** The instructions and everything up to the first user turn, in whichever format: its words alone, for marks and ids move. */
function beginningOf(body: IncomingRequest['body']): string {
  const turns = body.messages ?? body.input ?? body.contents
  const instructions = body.system ?? body.instructions ?? body.systemInstruction ?? body.system_instruction
  return [...wordsOf(instructions), '\0', ...wordsOf(untilFirstUser(turns))].join('').replace(/^\0$/, '')
}

function untilFirstUser(turns: unknown): unknown {
  if (!Array.isArray(turns)) return turns
  // Gemini lets a lone turn go without its role.
  const first = turns.findIndex((turn) => isRecord(turn) && (turn.role ?? 'user') === 'user' && !isTool(turn))
  return turns.slice(0, first + 1)
}

/** Items of the Responses API that have no role are calls, results and thoughts. */
const isTool = ({ type }: Readonly<Record<string, unknown>>): boolean => type !== undefined && type !== 'message'

/** Lists of turns, turns, their content, its parts. */
const deepestWords = 6

function wordsOf(value: unknown, depth = 0): readonly string[] {
  if (typeof value === 'string') return [value]
  if (depth >= deepestWords) return []
  if (Array.isArray(value)) return value.flatMap((one) => wordsOf(one, depth + 1))
  return isRecord(value) ? wordsOf(value.text ?? value.content ?? value.parts, depth + 1) : []
}
