import { anthropic, anthropicCompatible } from './anthropic.ts'
import { azure } from './azure.ts'
import { bedrock } from './bedrock.ts'
import { compatibleProviders } from './compatible.ts'
import { gemini } from './gemini.ts'
import { openai } from './openai.ts'
import type { Provider } from './provider.ts'
import { sandbox } from './sandbox.ts'
import { vertex } from './vertex.ts'

/** Everyone who can be asked, in the order in which they are listed. */
const all: readonly Provider[] = [
  anthropic,
  openai,
  gemini,
  azure,
  bedrock,
  vertex,
  ...compatibleProviders,
  anthropicCompatible,
  sandbox,
]

/** By id. */
export const providers: ReadonlyMap<string, Provider> = new Map(all.map((one) => [one.id, one]))

/** Undefined: nobody has this id. */
export const provider = (id: string): Provider | undefined => providers.get(id)
