import { clientCodecs, dialects } from '../dialects/index.ts'
import type { Result } from '../model/fault.ts'
import type { Asked, ChatRoute, Prologue } from './chat.ts'
import { compactionTurn } from './compaction-turn.ts'
import { responsesPrologue } from './responses-state.ts'

/** The Responses API, whichever way a request of it arrives. */
export const responses = {
  client: clientCodecs['openai-responses'],
  dialect: dialects['openai-responses'],
  async prologue(asked: Asked): Promise<Result<Prologue>> {
    const whole = await responsesPrologue(asked)
    return whole.ok ? { ok: true, value: compactionTurn(asked, whole.value) } : whole
  },
} satisfies ChatRoute
