import { clientCodecs, dialects } from '../dialects/index.ts'
import type { ChatRoute } from './chat.ts'
import { responsesPrologue } from './responses-state.ts'

/** The Responses API, whichever way a request of it arrives. */
export const responses: ChatRoute = {
  client: clientCodecs['openai-responses'],
  dialect: dialects['openai-responses'],
  prologue: responsesPrologue,
}
