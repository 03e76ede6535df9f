import { providerTable } from '../providers/list.ts'

/** Prints every upstream that a channel can name. */
export function listProviders(): number {
  console.log(providerTable())
  return 0
}
