import type { Capabilities } from '../../model/capability.ts'

/** The beginning of a plain name, and what models of such a name can do. The longest beginning that fits is taken. */
export type ModelRow = readonly [prefix: string, capabilities: Capabilities]
