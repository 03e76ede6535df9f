import { isRecord } from '../../wire/json.ts'

type Body = Readonly<Record<string, unknown>>

interface Beta {
  readonly name: string
  readonly isNeeded: (body: Body, kinds: ReadonlySet<string>) => boolean
}

const asks = (field: string) => (body: Body) => body[field] !== undefined
const holds =
  (...wanted: readonly string[]) =>
  (_body: Body, kinds: ReadonlySet<string>) =>
    wanted.some((kind) => kinds.has(kind))
const inside = (field: string, inner: string) => (body: Body) => {
  const outer = body[field]
  return isRecord(outer) && outer[inner] !== undefined
}
const hasTool = (pattern: RegExp) => (body: Body) =>
  Array.isArray(body.tools) && body.tools.some((tool) => isRecord(tool) && pattern.test(String(tool.type)))

/**
 * What must be named in `anthropic-beta` for a body to be accepted.
 * @see https://platform.claude.com/docs/en/api/beta-headers
 */
const betas: readonly Beta[] = [
  { name: 'fast-mode-2026-02-01', isNeeded: (body) => body.speed === 'fast' },
  { name: 'mcp-client-2025-11-20', isNeeded: asks('mcp_servers') },
  { name: 'context-management-2025-06-27', isNeeded: asks('context_management') },
  { name: 'compact-2026-01-12', isNeeded: holds('compact_20260112', 'compaction') },
  { name: 'compact-2026-09-04', isNeeded: asks('compaction') },
  { name: 'task-budgets-2026-03-13', isNeeded: inside('output_config', 'task_budget') },
  { name: 'thinking-binding-controls-2026-08-01', isNeeded: inside('thinking', 'block_binding') },
  {
    name: 'thinking-display-updates-2026-08-18',
    isNeeded: ({ thinking }) => isRecord(thinking) && thinking.display === 'updates',
  },
  { name: 'skills-2025-10-02', isNeeded: inside('container', 'skills') },
  { name: 'files-api-2025-04-14', isNeeded: holds('file', 'container_upload') },
  { name: 'server-side-fallback-2026-07-01', isNeeded: asks('fallbacks') },
  { name: 'fallback-credit-2026-07-01', isNeeded: asks('fallback_credit_token') },
  { name: 'cache-diagnosis-2026-04-07', isNeeded: asks('diagnostics') },
  { name: 'user-profiles-billing-2026-10-01', isNeeded: asks('billing_policy') },
  { name: 'advisor-tool-2026-03-01', isNeeded: hasTool(/^advisor_2/) },
  { name: 'computer-use-2024-10-22', isNeeded: hasTool(/^computer_20241022$/) },
  { name: 'computer-use-2025-01-24', isNeeded: hasTool(/^computer_20250124$/) },
  { name: 'computer-use-2025-11-24', isNeeded: hasTool(/^computer_20251124$/) },
  { name: 'mid-conversation-tool-changes-2026-07-01', isNeeded: holds('tool_addition', 'tool_removal') },
  {
    name: 'mid-conversation-output-config-2026-07-01',
    isNeeded: ({ messages }) => someMessage(messages, 'output_config'),
  },
  {
    name: 'mid-conversation-system-clear-at-2026-08-21',
    isNeeded: ({ messages }) => someMessage(messages, 'clear_at'),
  },
]

const someMessage = (messages: unknown, field: string): boolean =>
  Array.isArray(messages) && messages.some((message) => isRecord(message) && message[field] !== undefined)

/** The names that this body needs, in the order of the table. */
export function neededBetas(body: Body): readonly string[] {
  const kinds = new Set<string>()
  collectKinds(body.messages, kinds)
  collectKinds(isRecord(body.context_management) ? body.context_management.edits : undefined, kinds)
  return betas.filter(({ isNeeded }) => isNeeded(body, kinds)).map(({ name }) => name)
}

/** The types of all blocks and of what they hold; a call's input is the client's own and is not looked at. */
function collectKinds(value: unknown, kinds: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectKinds(item, kinds)
  if (!isRecord(value)) return
  if (typeof value.type === 'string') kinds.add(value.type)
  collectKinds(value.content, kinds)
  collectKinds(value.source, kinds)
}
