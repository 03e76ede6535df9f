import type { Migration } from 'kysely/migration'
import { keysResponsesSeals } from './001-keys-responses-seals.ts'
import { keyAliases } from './002-key-aliases.ts'
import { accountsChannels } from './003-accounts-channels.ts'
import { tokens } from './004-tokens.ts'
import { idempotency } from './005-idempotency.ts'
import { spending } from './005-spending.ts'
import { marks } from './006-marks.ts'
import { modelLimits } from './007-model-limits.ts'
import { auditAddress } from './008-audit-address.ts'
import { limitUses } from './009-limit-uses.ts'
import { unfinished } from './010-unfinished.ts'
import { formerKeys } from './011-former-keys.ts'

/** Every step of the schema, in order, by a name that sorts. A step that has landed is never edited. */
export const migrations: Readonly<Record<string, Migration>> = {
  '001-keys-responses-seals': keysResponsesSeals,
  '002-key-aliases': keyAliases,
  '003-accounts-channels': accountsChannels,
  '004-tokens': tokens,
  '005-idempotency': idempotency,
  '005-spending': spending,
  '006-marks': marks,
  '007-model-limits': modelLimits,
  '008-audit-address': auditAddress,
  '009-limit-uses': limitUses,
  '010-unfinished': unfinished,
  '011-former-keys': formerKeys,
}
