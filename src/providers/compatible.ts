import { china } from './compatible/china.ts'
import { clouds } from './compatible/clouds.ts'
import { gateways } from './compatible/gateways.ts'
import { local } from './compatible/local.ts'
import { compatible } from './compatible/row.ts'
import type { Provider } from './provider.ts'

/** Every vendor that speaks OpenAI's format and needs no code of its own: a new one is a row in one of these tables. */
export const compatibleProviders: readonly Provider[] = [...clouds, ...china, ...gateways, ...local].map(compatible)
