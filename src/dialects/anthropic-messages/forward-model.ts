import { nearestEffort } from '../../model/effort.ts'
import { changed, dropped } from '../../model/loss.ts'
import type { Effort } from '../../model/request.ts'
import { isRecord } from '../../wire/json.ts'
import { Concessions } from '../concessions.ts'
import type { Target } from '../dialect.ts'
import { Findings } from './findings.ts'
import { editMessages, plainMark } from './forward-messages.ts'
import { editDeclarations } from './forward-tools.ts'
import { lacksThoughts } from './loop-thoughts.ts'
import { readThinking } from './options-read.ts'
import { defaultMaxTokens } from './options-write.ts'
import type { Patch } from './patch.ts'
import { servedBy, withDefaults } from './quirks.ts'
import { billingField } from './request-read.ts'
import { writeThinking } from './thinking-write.ts'

type Body = Readonly<Record<string, unknown>>

/** Top-level fields that a beta switches on; servers that know no betas refuse or overlook them. */
const betaFields = [
  ...['context_management', 'compaction', 'safeguards', 'diagnostics'],
  ...['fallbacks', 'fallback_credit_token', 'billing_policy'],
] as const

/**
 * Code tools write their requests for the model that they believe to ask, and switch on what its vendor has. Where another model
 * answers under that name, or the server knows no betas, what would be refused is taken out or said in older words.
 */
export function editForModel(body: Body, target: Target, patch: Patch): void {
  const quirks = withDefaults(target.quirks)
  if (quirks.betas && !isOther(body, target)) return
  if (!quirks.betas) {
    for (const field of betaFields.filter((name) => name in body)) {
      patch.remove([field])
      patch.lose(dropped(field))
    }
    if (isRecord(body.cache_control)) patch.set(['cache_control'], plainMark(body.cache_control))
    editSystem(body.system, patch)
  }
  editDeclarations(body, quirks, patch)
  editMessages(body.messages, { takesSystem: quirks.betas && target.capabilities.systemTurns, ...quirks }, patch)
  editThinking(body, target, patch)
}

/** Another model than the client believes, and one whose ways are known: of a model that no table has, no limit is known either. */
const isOther = (body: Body, { model, capabilities }: Target): boolean =>
  body.model !== model && capabilities.maxOutput !== undefined

/** Without what betas add to marks, and without the line by which Anthropic bills: it defeats the prefix caches of others. */
function editSystem(system: unknown, patch: Patch): void {
  if (!Array.isArray(system)) return
  const isBilling = (block: unknown) => isRecord(block) && String(block.text).startsWith(`${billingField}:`)
  const bills = system.flatMap((block, at) => (isBilling(block) ? [at] : []))
  if (bills.length > 0) patch.lose(dropped(billingField))
  if (bills.length === system.length && bills.length > 0) patch.remove(['system'])
  else for (const at of bills) patch.remove(['system', at])
  for (const [at, block] of system.entries())
    if (isRecord(block) && !bills.includes(at) && isRecord(block.cache_control) && 'scope' in block.cache_control)
      patch.set(['system', at, 'cache_control'], plainMark(block.cache_control))
}

/** `thinking` and `output_config.effort` in the forms that the model takes. */
function editThinking(body: Body, target: Target, patch: Patch): void {
  const quirks = withDefaults(target.quirks)
  const { efforts, thinkingForms } = servedBy(target.capabilities, quirks)
  const { thinking, output_config: config } = body
  if (isRecord(thinking) && (thinking.type === 'adaptive' || thinking.type === 'enabled')) {
    if (!thinkingForms.some((form) => form === thinking.type)) convertThinking(body, target, patch)
    else if (!quirks.betas && thinking.display !== undefined) patch.remove(['thinking', 'display'])
  }
  if (isRecord(config)) editEffort(config, efforts, patch)
}

function convertThinking(body: Body, target: Target, patch: Patch): void {
  const quirks = withDefaults(target.quirks)
  const capabilities = servedBy(target.capabilities, quirks)
  const maxTokens = typeof body.max_tokens === 'number' ? body.max_tokens : defaultMaxTokens(quirks, true)
  const control = readThinking(body, new Findings())
  const asked = { control, capabilities, isOwn: true, maxTokens, isForced: false, turns: [] }
  const written = writeThinking(asked, new Concessions()).thinking
  patch.lose(changed('thinking'))
  if (!written) patch.remove(['thinking'])
  else if (written.type === 'enabled' && lacksThoughts(body.messages)) patch.set(['thinking'], { type: 'disabled' })
  else patch.set(['thinking'], { ...written, display: undefined })
}

function editEffort(config: Body, efforts: readonly Effort[], patch: Patch): void {
  const { effort } = config
  if (typeof effort !== 'string' || efforts.some((level) => level === effort)) return
  // A word that no table knows is for the vendor to judge; the nearest level is found for those that are known.
  const nearest = nearestEffort(effort as Effort, efforts)
  patch.lose(changed('output_config.effort'))
  if (nearest) patch.set(['output_config', 'effort'], nearest)
  else if (Object.keys(config).length === 1) patch.remove(['output_config'])
  else patch.remove(['output_config', 'effort'])
}
