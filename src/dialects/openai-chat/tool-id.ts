import { createHash } from 'node:crypto'
import { wireId } from '../../model/tools/id.ts'
import type { ChatQuirks } from './quirks.ts'

/** The id of a call as this server takes it; the same for the call and its result. */
export const callId = (id: string, { quirks }: { readonly quirks: ChatQuirks }): string =>
  quirks.toolIds === 'nine' ? nineId(id) : wireId(id)

/**
 * An id of exactly nine letters and digits, as some servers demand: kept when it is one, else always the same digest,
 * so that call and result stay a pair.
 */
const nineId = (id: string): string =>
  /^[A-Za-z0-9]{9}$/.test(id) ? id : createHash('sha256').update(id).digest('hex').slice(0, 9)
