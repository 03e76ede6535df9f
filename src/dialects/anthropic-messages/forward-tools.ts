import { changed } from '../../model/loss.ts'
import { isRecord } from '../../wire/json.ts'
import { foundTools } from './deferred.ts'
import { plainMark } from './forward-messages.ts'
import type { Patch } from './patch.ts'
import type { AnthropicQuirks } from './quirks.ts'

type Body = Readonly<Record<string, unknown>>

/** Fields of a declaration that plain servers do not take. */
const richFields = ['defer_loading', 'eager_input_streaming', 'strict', 'input_examples', 'allowed_callers'] as const

/** The tools' declarations, for servers that know name, description and schema alone. */
export function editDeclarations(body: Body, { betas, toolFields }: AnthropicQuirks, patch: Patch): void {
  if (!Array.isArray(body.tools) || (betas && toolFields)) return
  const tools: readonly unknown[] = body.tools
  const hidden = toolFields ? [] : hiddenAt(tools, body.messages)
  for (const at of hidden) patch.remove(['tools', at])
  for (const [at, tool] of tools.entries())
    if (isRecord(tool) && !hidden.includes(at))
      editDeclaration(tool, ['tools', at], toolFields ? [] : richFields, patch)
}

function editDeclaration(
  tool: Body,
  path: readonly (string | number)[],
  refused: readonly string[],
  patch: Patch,
): void {
  for (const field of refused.filter((name) => name in tool)) {
    patch.remove([...path, field])
    patch.lose(changed(field))
  }
  if (isRecord(tool.cache_control) && 'scope' in tool.cache_control)
    patch.set([...path, 'cache_control'], plainMark(tool.cache_control))
}

/** Deferred tools that no search of the client's has named yet; none where nothing is left that could search. */
function hiddenAt(tools: readonly unknown[], messages: unknown): readonly number[] {
  const isDeferred = (tool: unknown) => isRecord(tool) && tool.defer_loading === true
  if (!tools.some(isDeferred) || tools.every(isDeferred)) return []
  const found = foundTools(messages)
  return tools.flatMap((tool, at) => (isDeferred(tool) && isRecord(tool) && !found.has(String(tool.name)) ? [at] : []))
}
